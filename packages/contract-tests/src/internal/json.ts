import * as Either from "effect/Either"

/** Parses JSON. */
export const parseJson = (text: string): Either.Either<unknown, unknown> =>
  Either.try(() => JSON.parse(text) as unknown)
