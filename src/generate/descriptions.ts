/** What options mean, by name, where their rows do not say it: the build moves these texts here, since only help needs them. */
export const descriptions: Readonly<Record<string, string>> = {}
