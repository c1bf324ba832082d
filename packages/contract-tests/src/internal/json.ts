import * as Either from "effect/Either"

/** The value of a text of JSON. */
export const parseJson = (text: string): Either.Either<unknown, unknown> =>
  Either.try(() => JSON.parse(text) as unknown)
