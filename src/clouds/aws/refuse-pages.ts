import { WebPage } from '../../lib/web-page.ts'
import { textOf } from './caller.ts'

/** What comes off the wire, as far as it is used here. */
interface Response {
  readonly statusCode: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: AsyncIterable<Buffer>
}

/** For the SDK's step nearest to the wire: it would read a page as an empty answer, and so as nothing that is there. */
export const refusePages =
  <A, R extends { readonly response: unknown }>(next: (args: A) => Promise<R>) =>
  async (args: A): Promise<R> => {
    const result = await next(args)
    const { statusCode, headers, body } = result.response as Response
    if (!/html/i.test(headers['content-type'] ?? '')) return result
    throw new WebPage(statusCode, await textOf(body))
  }
