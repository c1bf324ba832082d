/**
 * Embeddings: texts as vectors.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Embeddings"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Floats from "./internal/response/embeddings.js"
import { inference } from "./internal/telemetry/inference.js"
import * as Operation from "./Operation.js"

/**
 * Create embeddings (`createEmbedding`). Each `embedding` is as it was asked for: numbers, or base64 with
 * `encoding_format: "base64"`, which is a third of the bytes. {@link vector} reads either.
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
export const create: Operation.Operation<Contract.CreateEmbeddingRequest, Contract.CreateEmbeddingResponse> = Operation
  .json(Contract.create, inference("embeddings"))

/**
 * The vector of an embedding, whichever way it was sent. Base64 is read as floats of 32 bits, little-endian; a text that
 * is no base64, or is cut in the middle of a float, is a `DecodeException`.
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
        : Either.left(Encoding.DecodeException(embedding, `${bytes.length} bytes are no floats of 4 bytes each`)))
}
