import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Predicate from "effect/Predicate"

/** The message of an error and the messages of its causes. */
export const messageOf = (error: HttpClientError.HttpClientError): string => {
  const messages = [error.message]
  let cause: unknown = error.cause
  // An error can be its own cause.
  for (let depth = 0; depth < 5 && Predicate.hasProperty(cause, "message"); depth++) {
    const { message } = cause
    if (typeof message === "string" && message !== "" && !messages.some((said) => said.includes(message))) {
      messages.push(message)
    }
    cause = Predicate.hasProperty(cause, "cause") ? cause.cause : undefined
  }
  return messages.join(": ")
}
