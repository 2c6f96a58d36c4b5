import eslint from '@eslint/js'
import { defineConfig, globalIgnores } from 'eslint/config'
import tseslint from 'typescript-eslint'

const processOutside = ['env', 'argv', 'exit', 'exitCode'].map((property) => ({
  object: 'process',
  property,
  message: 'Only hosts/ and entry/ touch the process; everything else is told.',
}))

const timeOutside = [
  ['Date', 'now'],
  ['Math', 'random'],
  ['performance', 'now'],
].map(([object, property]) => ({
  object,
  property,
  message: 'Time and chance come through lib/clock, so that tests can own them.',
}))

const timers = ['setTimeout', 'setInterval'].map((name) => ({
  name,
  message: 'Time comes through lib/clock, so that tests can own it.',
}))

const only = (packageName, where) => ({
  group: [packageName, `${packageName}/*`],
  message: `Only ${where} imports it.`,
})

const packagesOutside = [
  only('@aws-sdk/*', 'src/clouds/aws/client.ts'),
  only('@google-cloud/*', 'src/clouds/gcp/client.ts, and for its types compute.ts'),
  only('google-auth-library', 'src/clouds/gcp/login.ts and keys.ts'),
  only('@actions/core', 'src/hosts/github-actions.ts'),
  only('@actions/github', 'src/forges/github/client.ts'),
]

export default defineConfig(
  globalIgnores(['dist/', 'build/', 'coverage/', '**/fixtures/']),
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  eslint.configs.recommended,
  {
    files: ['**/*.mjs', '**/*.js', '**/*.cjs'],
    languageOptions: {
      globals: {
        console: 'readonly',
        process: 'readonly',
        Buffer: 'readonly',
        URL: 'readonly',
        fetch: 'readonly',
        performance: 'readonly',
      },
    },
  },
  {
    files: ['**/*.cjs'],
    languageOptions: {
      globals: { require: 'readonly', module: 'writable', __filename: 'readonly', __dirname: 'readonly' },
    },
  },
  {
    files: ['**/*.ts'],
    extends: [tseslint.configs.recommendedTypeChecked],
    languageOptions: { parserOptions: { projectService: true } },
    rules: {
      '@typescript-eslint/consistent-type-imports': ['error', { fixStyle: 'inline-type-imports' }],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      '@typescript-eslint/switch-exhaustiveness-check': [
        'error',
        { considerDefaultExhaustiveForUnions: true },
      ],
      // Ports are objects of closures, written in method syntax.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/prefer-promise-reject-errors': 'off',
      // An abort signal's reason is whatever it was aborted with, and must go on as it is.
      '@typescript-eslint/only-throw-error': 'off',
      'no-control-regex': 'off',
      'object-shorthand': 'error',
      'prefer-const': 'error',
      // Beyond four an object says which is which.
      'max-params': ['error', 4],
      eqeqeq: ['error', 'always'],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'max-lines': ['error', { max: 250, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 40, skipComments: true }],
      '@typescript-eslint/explicit-module-boundary-types': 'error',
      'no-restricted-properties': ['error', ...processOutside, ...timeOutside],
      'no-restricted-globals': ['error', ...timers],
      'no-restricted-imports': ['error', { patterns: packagesOutside }],
    },
  },
  {
    files: ['src/hosts/**/*.ts', 'src/entry/**/*.ts'],
    rules: { 'no-restricted-properties': ['error', ...timeOutside] },
  },
  {
    files: ['src/lib/clock.ts'],
    rules: { 'no-restricted-properties': ['error', ...processOutside], 'no-restricted-globals': 'off' },
  },
  {
    files: [
      'src/hosts/github-actions.ts',
      'src/forges/github/client.ts',
      'src/clouds/aws/client.ts',
      ...['client', 'compute', 'login', 'keys'].map((name) => `src/clouds/gcp/${name}.ts`),
    ],
    rules: { 'no-restricted-imports': 'off' },
  },
  // Tables are read row by row, and are as long as what they list.
  {
    files: [
      'src/**/catalogue.ts',
      'src/**/*-options.ts',
      'src/**/options.ts',
      'src/**/codes.ts',
      'src/**/sizes.ts',
      'src/**/families.ts',
    ],
    rules: { 'max-lines': 'off' },
  },
  {
    files: ['__tests__/**/*.test.ts'],
    // What reads a row of cases has as many parameters as the row has columns.
    rules: { 'max-params': 'off' },
  },
  {
    files: ['__tests__/**/*.ts'],
    rules: {
      // Tests look into answers and journals whose shape is what they check.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
      '@typescript-eslint/require-await': 'off',
      '@typescript-eslint/switch-exhaustiveness-check': 'off',
    },
  },
)
