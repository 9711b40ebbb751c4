// The bearer token for whatever changes something: asked for once, kept for this tab only, and
// sent nowhere but in the Authorization header of such a request.
const KEY = 'streamwarden.token'
/** Where storage is denied it holds until the page is left. */
let here: string | null = null

export function token(): string | null {
  try {
    return sessionStorage.getItem(KEY) ?? here
  } catch {
    return here
  }
}

export function keep(next: string | null) {
  here = next
  try {
    if (next === null) sessionStorage.removeItem(KEY)
    else sessionStorage.setItem(KEY, next)
  } catch {
    // `here` has it.
  }
}

/** What a header can carry; anything else the browser would refuse with an error of its own. */
export const sendable = (text: string) => /^[\x21-\x7e]{1,4096}$/.test(text)
