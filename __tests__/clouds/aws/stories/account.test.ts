import { describe, expect } from '@jest/globals'
import { story } from './story.ts'

describe('the account of a machine', () => {
  story('that nobody tells keeps no launch from its machine', async (stage) => {
    stage.ec2.dials.sts = 'silent'
    const { main, post, outputs } = await stage.launch()
    expect([main.exitCode, post?.exitCode]).toEqual([0, 0])
    expect(outputs.runnerLabels).not.toContain('cml-in-')
    await stage.shutDown()
  })
})
