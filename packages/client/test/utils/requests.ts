import { type OpenAiClient, Operation } from "@effect-openai/client"
import { Endpoint, FileSource, type OpenAiError } from "@effect-openai/core"
import { Arbitrary, type Effect, FastCheck, Schema, SchemaAST, Stream } from "effect"

/** Any request that an operation takes, its files apart, which are always the same. */
const arbitrary = (endpoint: Endpoint.Any): FastCheck.Arbitrary<object> => {
  const files = endpoint.body._tag === "Multipart" ? endpoint.body.files : []
  const schema = Schema.make<object>(SchemaAST.omit(Endpoint.request(endpoint).ast, files))
  const named = Object.fromEntries(files.map((name) => [name, FileSource.fromBytes("notes.txt", "Meet at noon.")]))
  return Arbitrary.make(schema).map((fields) => ({ ...fields, ...named }))
}

type WithoutBody = Endpoint.Endpoint<string, any, any, Endpoint.None, Endpoint.Success>

const isWithoutBody = (endpoint: Endpoint.Any): endpoint is WithoutBody => endpoint.body._tag === "None"

/** Any operation as a function of a request. */
export const call = (endpoint: Endpoint.Any, request: object) => {
  const operation = isWithoutBody(endpoint)
    ? Operation.make(endpoint)
    : endpoint.body._tag === "Multipart"
    ? Operation.upload(endpoint)
    : Operation.json(endpoint)
  return operation(request) as Effect.Effect<
    unknown,
    OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError,
    OpenAiClient.OpenAiClient
  >
}

/** A request that an operation takes, always the same one. */
export const sample = (endpoint: Endpoint.Any): object =>
  FastCheck.sample(arbitrary(endpoint), { seed: 1, numRuns: 1 })[0]!

type AnyError =
  | OpenAiError.OpenAiError
  | OpenAiError.PaginationError
  | OpenAiError.StreamInterruptedError
  | OpenAiError.UploadNotReplayableError

/** All the ways to run an operation, by name: whole, as its pages, as a Stream of its events or of its bytes. */
export const ways = (
  endpoint: Endpoint.Any,
  request: object
): ReadonlyArray<readonly [name: string, run: Effect.Effect<unknown, AnyError, OpenAiClient.OpenAiClient>]> => {
  const streamed = (stream: Stream.Stream<unknown, AnyError, OpenAiClient.OpenAiClient>) => Stream.runDrain(stream)
  // Of any endpoint: the type of its request is known only where it is named, hence each `never`.
  return [
    ["whole", call(endpoint, request)],
    ...endpoint.pagination === undefined || !isWithoutBody(endpoint)
      ? []
      : [["pages", streamed(Operation.paged(endpoint).pages(request as never))] as const],
    ...endpoint.events === undefined ? [] : [
      ["events", streamed(Operation.streaming(endpoint).stream(request as never))] as const,
      [
        "events, skipping",
        streamed(Operation.streaming(endpoint).stream(request as never, { onInvalidEvent: "skip" }))
      ] as const
    ],
    ...endpoint.success._tag === "Json" || !isWithoutBody(endpoint)
      ? []
      : [["bytes", streamed(Operation.download(endpoint).stream(request as never))] as const]
  ]
}
