import type { Again } from './retry.ts'
import { saidIn } from './said.ts'

/** A page that came where an API answers: of a proxy, a firewall or a sign-in. It says nothing of what is there, whatever its status. */
export class WebPage extends Error {
  override readonly name = 'WebPage'
  readonly status: number

  constructor(status: number, text: string) {
    super(saidIn(text) || 'a page without words')
    this.status = status
  }
}

/** Undefined for what may be an API's answer. `type`: of the content, where it is told. */
export function pageIn(status: number, type: string | undefined, text: unknown): WebPage | undefined {
  if (typeof text !== 'string') return undefined
  const isPage = /\bhtml\b/i.test(type ?? '') || /^\s*<(!doctype|html|head|body)\b/i.test(text)
  return isPage ? new WebPage(status, text) : undefined
}

/** Gateways say with a page that they are in trouble; a page in the place of an answer was no answer; a refusal stays. */
export function passingPage({ status }: WebPage, who: string): Again | false {
  return (
    (status < 300 || status >= 500 || status === 429) && {
      why: `A web page came (${status}) in the place of ${who}`,
    }
  )
}

/** What is told of it. `who`: by name, whoever should have answered. */
export function explainPage(
  { status, message }: WebPage,
  who: string,
): { readonly said: string; readonly why: string; readonly fix: string } {
  return {
    said: message,
    why: `${status} came as a web page, which ${who} never sends: a proxy or a firewall answered in its place, or the address is another's.`,
    fix: `let this machine reach ${who}: behind a proxy set HTTPS_PROXY, and have it let that host through.`,
  }
}
