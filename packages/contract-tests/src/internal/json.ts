import * as Json from "@effect-openai/core/Json"
import * as Either from "effect/Either"

/** Parses JSON that does not nest too deep. */
export const parseJson = (text: string): Either.Either<unknown, unknown> =>
  Json.isTooDeep(text)
    ? Either.left(`It nests more than ${Json.maxDepth} levels`)
    : Either.try(() => JSON.parse(text) as unknown)
