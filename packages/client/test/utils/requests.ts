import { type OpenAiClient, Operation } from "@effect-openai/client"
import { Endpoint, FileSource, type OpenAiError } from "@effect-openai/core"
import { Arbitrary, type Effect, FastCheck, Schema, SchemaAST } from "effect"

/** Any request that an operation takes, its files apart, which are always the same. */
export const arbitrary = (endpoint: Endpoint.Any): FastCheck.Arbitrary<object> => {
  const files = endpoint.body._tag === "Multipart" ? endpoint.body.files : []
  const schema = Schema.make<object>(SchemaAST.omit(Endpoint.request(endpoint).ast, files))
  const named = Object.fromEntries(files.map((name) => [name, FileSource.fromBytes("notes.txt", "Meet at noon.")]))
  return Arbitrary.make(schema).map((fields) => ({ ...fields, ...named }))
}

/** Any operation as a function of a request. */
export const call = (endpoint: Endpoint.Any, request: object) => {
  const operation = endpoint.body._tag === "Multipart" ? Operation.upload(endpoint) : Operation.make(endpoint)
  return operation(request) as Effect.Effect<
    unknown,
    OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
    OpenAiClient.OpenAiClient
  >
}

/** A request that an operation takes, always the same one. */
export const sample = (endpoint: Endpoint.Any): object =>
  FastCheck.sample(arbitrary(endpoint), { seed: 1, numRuns: 1 })[0]!
