import { option } from '../../options/option.ts'

export const githubOptions = {
  registration: option({
    kind: 'choice',
    choices: ['token', 'jit'],
    default: 'token',
    requires: { jit: 'single' },
    promise: 'a registration that serves one job alone',
    description:
      'How the machine registers: `token` sends a one-hour registration token, `jit` a just-in-time configuration for one job (needs `single`).',
  }),
  'runner-group': option({
    kind: 'text',
    promise: 'that only repositories of the group use the runner',
    description: 'Runner group of an organisation that the runner joins. The default group when absent.',
  }),
} as const
