/**
 * Texts as vectors.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Embeddings"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Floats from "./internal/response/embeddings.js"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Embeddings"

/**
 * Create embeddings (`createEmbedding`). Default: each `embedding` is an array of numbers. With `encoding_format: "base64"`
 * it is a text of a third of the size. {@link vector} decodes both.
 *
 * @example
 * import { Embeddings } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const vectors = Embeddings.create({
 *   model: "text-embedding-3-small",
 *   input: ["a cat", "a dog"],
 *   encoding_format: "base64"
 * }).pipe(Effect.flatMap(({ data }) => Effect.forEach(data, Embeddings.vector)))
 *
 * @since 0.1.0
 * @category operations
 */
export const create: Operation.Of<typeof Contract.create> = Operation.inference(Contract.create)

/**
 * Returns the vector of an embedding: numbers, or base64 of 32-bit little-endian floats. Fails with `DecodeException` for a
 * text that is not base64, or ends within a float.
 *
 * @since 0.1.0
 * @category accessors
 */
export const vector = (
  { embedding }: Contract.Embedding
): Either.Either<Float32Array, Encoding.DecodeException> => {
  if (typeof embedding !== "string") return Either.right(new Float32Array(embedding))
  const floats = Floats.fromBase64(embedding)
  return floats !== undefined ?
    Either.right(floats) :
    Either.flatMap(Encoding.decodeBase64(embedding), (bytes) =>
      bytes.length % 4 === 0
        ? Either.right(Floats.fromBytes(bytes.slice()))
        : Either.left(Encoding.DecodeException(embedding, `${bytes.length} bytes are not a multiple of 4`)))
}
