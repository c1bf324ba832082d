import { identity } from "effect/Function"
import * as ParseResult from "effect/ParseResult"

const maxShown = 200

/** Keeps what servers and callers sent from filling an error's message. */
export const shorten = (text: string) => text.length > maxShown ? `${text.slice(0, maxShown)}…` : text

/** `["tools", 3, "type"]` as `tools[3].type`. */
const formatPath = (path: ReadonlyArray<PropertyKey>): string =>
  path.reduce<string>(
    (text, key) => typeof key === "number" ? `${text}[${key}]` : text === "" ? String(key) : `${text}.${String(key)}`,
    ""
  )

/** What a failed validation is about: the field, and what is wrong with it. */
export const describeIssue = (
  error: ParseResult.ParseIssue,
  scrub: (text: string) => string = identity
): { readonly field: string; readonly message: string } => {
  const issues = ParseResult.ArrayFormatter.formatIssueSync(error)
  // Of a union's issues the deepest speaks of the member that was meant.
  const issue = issues.reduce((deepest, issue) => issue.path.length > deepest.path.length ? issue : deepest)
  return { field: scrub(formatPath(issue.path)), message: shorten(scrub(issue.message)) }
}
