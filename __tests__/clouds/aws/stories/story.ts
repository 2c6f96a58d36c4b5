import type { Ec2Emulator } from '../../../emulators/ec2/ec2.ts'
import { awsSide, ec2Of } from '../../../sides/aws.ts'
import { story as anyStory, type Stage as AnyStage, type StoryOptions } from '../../../scenarios/story.ts'

export { dist, milestones, expectCancelled } from '../../../scenarios/story.ts'

/** A stage on EC2, for stories of what no other cloud has. */
export interface Stage extends AnyStage {
  readonly ec2: Ec2Emulator
}

export function story(name: string, tell: (stage: Stage) => Promise<void>, options: StoryOptions = {}): void {
  anyStory(name, (stage) => tell({ ...stage, ec2: ec2Of(stage) }), { ...options, cloud: awsSide })
}
