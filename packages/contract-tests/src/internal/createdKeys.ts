import * as ProjectServiceAccounts from "@effect-openai/core/ProjectServiceAccounts"
import * as Either from "effect/Either"
import { parseJson } from "./json.js"

// The key of a new service account, which the response to its creation has, and nothing else may have.

/** The key as the contract has it, or as a text, also in a body that is not valid JSON. */
const key = /"api_key"\s*:\s*(?:\{[^{}]*?"value"\s*:\s*)?"((?:[^"\\]|\\.)*)"/g

/** The keys in the text of an operation's response. */
export const createdKeys = (operation: string | null | undefined, text: string): ReadonlyArray<string> =>
  operation === ProjectServiceAccounts.create.name
    ? Array.from(text.matchAll(key), ([, value]) => Either.getOrElse(parseJson(`"${value}"`), () => value) as string)
    : []
