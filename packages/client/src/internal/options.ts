import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { Options } from "../OpenAiClient.js"

export const defaultBaseUrl = "https://api.openai.com/v1"

export const invalidOption = (option: string, message: string) =>
  Effect.fail(ConfigError.InvalidData([option], message))

/** Validates a secret as the value of a header. A transport that refuses a header quotes it in its error. */
export const headerValue = (options: Options, option: "apiKey" | "adminKey" | "organization" | "project") => {
  const secret = options[option]
  if (secret === undefined) return Effect.succeed(undefined)
  const value = Redacted.value(secret)
  return /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/.test(value)
    ? Effect.succeed(value)
    : invalidOption(option, "is empty, or has a line break or another character that a header can't hold")
}

/** Validates an option that is a URL. Returns it without slashes at the end of its path. */
export const validUrl = (option: string, text: string) => {
  // `URL` removes line breaks, and encodes blanks.
  const url = URL.canParse(text) && !/\s/.test(text.trim()) ? new URL(text) : undefined
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    return invalidOption(option, "is not an http or https URL")
  }
  return url.username + url.password + url.hash === ""
    // Not `href`, which keeps a `?` without a query.
    ? Effect.succeed(`${url.origin}${url.pathname.replace(/\/+$/, "")}${url.search}`)
    : invalidOption(option, "has credentials or a fragment")
}

/** Returns the headers of a credential. */
export interface Authorize {
  (key: string): Readonly<Record<string, string>>
}

/** The header of a key or a token. */
export const bearer: Authorize = (key) => ({ authorization: `Bearer ${key}` })
