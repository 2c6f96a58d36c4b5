import { option } from '../../options/option.ts'

export const githubOptions = {
  registration: option({
    kind: 'choice',
    choices: ['token', 'jit'],
    default: 'token',
    requires: { jit: 'single' },
    description:
      'How the machine registers: `token` sends a one-hour registration token, `jit` a just-in-time configuration for one job (needs `single`).',
  }),
  'runner-group': option({
    kind: 'text',
    description: 'Runner group of an organisation that the runner joins. The default group when absent.',
  }),
} as const
