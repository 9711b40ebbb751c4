export function generate(rust: string): string
export const paths: { rust: string[]; types: string }
export function source(): string
