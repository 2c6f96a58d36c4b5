/** The host with its port, in one spelling: `URL` writes it in lower case and without the usual port, and this without a dot at its end. */
export function hostOf({ host }: URL): string {
  return host.replace(/\.+(?=:|$)/, '')
}

/** Whether what is sent there can be read on its way: http to anything but the very machine that sends it. */
export function isOpenToReaders({ protocol, hostname }: URL): boolean {
  return protocol === 'http:' && !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(hostname)
}

/** What cannot be decoded stays as it is, and is no name anywhere. */
export function decoded(segment: string): string {
  try {
    return decodeURIComponent(segment)
  } catch {
    return segment
  }
}
