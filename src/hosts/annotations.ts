import type { Link } from './host.ts'

/**
 * Links as a report of annotations, which GitLab shows beside a job's log: `{"cml-runner":[{"external_link":{"label":"…","url":"…"}}]}`. It refuses a
 * report whole when anything in it has another shape, or when it has more than 80 KB.
 * Source: GitLab docs, "artifacts:reports:annotations"; app/services/ci/parse_annotations_artifact_service.rb.
 */
export function renderAnnotations(links: readonly Link[]): string {
  const pages = links.filter(({ url }) => /^https?:\/\//.test(url))
  return JSON.stringify({ 'cml-runner': pages.map(({ label, url }) => ({ external_link: { label, url } })) })
}
