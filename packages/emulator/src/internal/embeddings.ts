import type * as Contract from "@effect-openai/core/Embeddings"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import { Tokenizer } from "../Tokenizer.js"
import { api } from "./api.js"
import { hash } from "./hash.js"
import * as HttpApiBuilder from "./httpApiBuilder.js"
import { bill } from "./organization/meter.js"
import { RateLimits } from "./rateLimits.js"
import * as Embeddings from "./rules/embeddings.js"
import { check } from "./rules/rule.js"
import { tokens } from "./tokens.js"

const sizeOf = (model: string): number => model === "text-embedding-3-large" ? 3072 : 1536

const hashesPerToken = 8

/**
 * A vector of length 1 that depends on the tokens alone. Each token adds to a few places, so that texts with common words
 * are near each other. The entire text adds a little to every place, so that no vector is zero.
 */
const embed = (tokens: ReadonlyArray<string>, size: number, dimensions: number): Float32Array => {
  const vector = new Float64Array(size)
  let state = hash(tokens.join("\u0000"), 0) || 1
  for (let index = 0; index < size; index++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    vector[index] = (state / 2 ** 32 - 0.5) / 50
  }
  for (const token of tokens) {
    for (let seed = 1; seed <= hashesPerToken; seed++) {
      const value = hash(token, seed)
      vector[value % size]! += (value >>> 16) % 2 === 0 ? 1 : -1
    }
  }
  const shortened = vector.subarray(0, dimensions)
  const length = Math.hypot(...shortened)
  return Float32Array.from(shortened, (value) => value / length)
}

const base64 = (vector: Float32Array): string => {
  const view = new DataView(new ArrayBuffer(vector.length * 4))
  vector.forEach((value, index) => view.setFloat32(index * 4, value, true))
  return Encoding.encodeBase64(new Uint8Array(view.buffer))
}

type Input = string | ReadonlyArray<number>

/** An input is a text, several texts, or the tokens of one or several texts. */
const inputsOf = (input: Contract.CreateEmbeddingRequest["input"]): ReadonlyArray<Input> =>
  typeof input === "string" || typeof input[0] === "number"
    ? [input as Input]
    : input as ReadonlyArray<Input>

/** What decides about the vector of an input: its words and signs, or its tokens. */
const partsOf = (input: Input): ReadonlyArray<string> =>
  typeof input === "string" ? tokens(input).map((token) => token.trim().toLowerCase()) : input.map(String)

export const layer = HttpApiBuilder.group(
  api,
  "Embeddings",
  (handlers) =>
    handlers.handle("createEmbedding", ({ payload }) =>
      Effect.gen(function*() {
        const { dimensions, encoding_format, model } = payload
        const size = sizeOf(model)
        const inputs = inputsOf(payload.input)
        const { count } = yield* Tokenizer
        const counts = inputs.map((input) => typeof input === "string" ? count(input, model) : input.length)
        const longest = counts.reduce((most, tokens) => Math.max(most, tokens), 0)
        yield* check(Embeddings.rules, { ...payload, size, longest })
        const used = counts.reduce((sum, tokens) => sum + tokens, 0)
        const { admit } = yield* RateLimits
        yield* admit(model, { tokens: used, shown: ["requests", "tokens"] })
        yield* bill({ kind: "embeddings", model, input_tokens: used })
        return {
          object: "list" as const,
          data: inputs.map((input, index) => {
            const vector = embed(partsOf(input), size, dimensions ?? size)
            return {
              object: "embedding" as const,
              index,
              embedding: encoding_format === "base64" ? base64(vector) : [...vector]
            }
          }),
          model,
          usage: { prompt_tokens: used, total_tokens: used }
        }
      }))
)
