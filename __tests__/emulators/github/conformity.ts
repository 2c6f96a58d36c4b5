import type { Exception } from '../../shapes/conformity.ts'

/**
 * Where the emulated GitHub differs from the recorded, and why. What GitHub's description knows, the emulator may say: it is checked against
 * that as well.
 */
export const exceptions: readonly Exception[] = [
  {
    at: /^header x-github-request-id$/,
    why: 'the recorders have left it out; a client of GitHub tells by it whether GitHub itself has answered',
  },
  {
    at: /^header (x-accepted-oauth-scopes|x-oauth-scopes|x-accepted-github-permissions)$/,
    why: 'which of them comes depends on the kind of token; the recorders have left out what a token has',
  },
  {
    at: /^header github-authentication-token-expiration$/,
    why: "the emulator's tokens have no end",
  },
  { at: /^header (x-github-sso|retry-after)$/, why: 'no such refusal was recorded' },
  {
    operation: / \/repos\/\*\/\*\/actions\/runners/,
    at: /^header (x-github-api-version-selected|x-ratelimit-resource)$/,
    why: 'newer than the recordings of 2020; those of organisations, of 2025, have them',
  },
  {
    operation: /^GET .*\/runners$|^GET .*\/jobs$/,
    at: /^header link$/,
    why: 'comes where there are more pages than one',
  },
  { operation: /^GET /, at: /^status 304$/, why: 'no question with a tag was recorded' },
  { at: /^status$/, why: 'said by refusals since 2024; the recorded ones are older' },
  {
    operation: /\/actions\/runners(\/\*|\/generate-jitconfig)?$/,
    at: /^(runners\[\]\.|runner\.)?(ephemeral|version)$/,
    why: "newer than the recordings of 2025; GitHub's description has them",
  },
  {
    operation: /\/actions\/runners\/downloads$/,
    at: /^\[\]\.(temp_download_token|sha256_checksum)$/,
    why: 'a GitHub Enterprise Server that serves the package gives a token, and an old one no digest',
  },
  {
    operation: /\/jobs$/,
    at: /^jobs\[\]\.steps$/,
    why: "the recorder has left them out; GitHub's description demands them",
  },
  {
    operation: /\/jobs$/,
    at: /^jobs\[\]\.(conclusion|completed_at|runner_id|runner_name|runner_group_id|runner_group_name)$/,
    why: 'null before there is one; the recorded jobs had all ended',
  },
]
