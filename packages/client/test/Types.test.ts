import * as Client from "@effect-openai/client"
import {
  Assistants,
  ChatCompletions,
  type ChatStream,
  Embeddings,
  Files,
  Models,
  OpenAiClient,
  Operation,
  Runs,
  RunStream
} from "@effect-openai/client"
import type {
  Assistants as AssistantsContract,
  AssistantStream,
  ChatCompletions as ChatCompletionsContract,
  Embeddings as EmbeddingsContract,
  Files as FilesContract,
  Messages as MessagesContract,
  OpenAiError,
  Pagination,
  Runs as RunsContract,
  RunSteps as RunStepsContract,
  Threads as ThreadsContract
} from "@effect-openai/core"
import { Contract, Endpoint, FileSource, Tolerant } from "@effect-openai/core"
import type { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import {
  type ConfigError,
  Effect,
  type Either,
  type Encoding,
  type Layer,
  type Redacted,
  Schema,
  type Stream
} from "effect"
import { expectTypeOf } from "vitest"
import * as Things from "./utils/things.js"

type Call<A, E = OpenAiError.OpenAiError> = Effect.Effect<A, E, OpenAiClient.OpenAiClient>

type Walk<A> = Stream.Stream<A, OpenAiError.OpenAiError | OpenAiError.PaginationError, OpenAiClient.OpenAiClient>

type Events<A> = Stream.Stream<
  A,
  OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError,
  OpenAiClient.OpenAiClient
>

type UploadError = OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError

type Resources = typeof Contract.resources

/** `FineTuning.events` also has a function that follows them. */
type Operations<R extends Contract.ResourceName> = R extends "FineTuning" ? Omit<Resources[R]["operations"], "events">
  : Resources[R]["operations"]

describe("Types", () => {
  it("every operation has the type of its endpoint", () => {
    // One by one: a comparison of all operations is too deep for the compiler.
    type IsSame<A, B> = (<T>() => T extends A ? 1 : 2) extends (<T>() => T extends B ? 1 : 2) ? true : false
    type Wrong = {
      readonly [R in Contract.ResourceName]: {
        readonly [K in keyof Operations<R>]: IsSame<
          (typeof Client)[R][K & keyof (typeof Client)[R]],
          Operation.Of<Extract<Operations<R>[K], Endpoint.Any>>
        > extends true ? never : K
      }[keyof Operations<R>]
    }[Contract.ResourceName]
    expectTypeOf<Wrong>().toBeNever()
    expectTypeOf(Client.FineTuning.events).toMatchTypeOf<
      Operation.Of<typeof Contract.resources.FineTuning.operations.events>
    >()

    for (const [resource, { operations }] of Object.entries(Contract.resources)) {
      assert.deepStrictEqual(
        // A module also has functions that are made of operations.
        Object.entries(Client[resource as Contract.ResourceName] as { readonly [name: string]: object }).flatMap((
          [name, value]
        ) => "endpoint" in value && Endpoint.isEndpoint(value.endpoint) ? [[name, value.endpoint.name]] : []).sort(),
        Object.entries<Endpoint.Any>(operations).map(([name, endpoint]) => [name, endpoint.name]).sort()
      )
    }
  })

  it("an operation takes path, query and body in one object", () => {
    expectTypeOf(Assistants.modify).parameter(0).branded.toEqualTypeOf<
      { readonly assistant_id: string } & AssistantsContract.ModifyAssistantRequest
    >()
    expectTypeOf(Assistants.modify).returns.toEqualTypeOf<Call<AssistantsContract.Assistant>>()
    expectTypeOf(Embeddings.create).parameters.toEqualTypeOf<[request: EmbeddingsContract.CreateEmbeddingRequest]>()
    expectTypeOf(Embeddings.vector).returns.toEqualTypeOf<Either.Either<Float32Array, Encoding.DecodeException>>()
    expectTypeOf(Models.list).toBeCallableWith()
  })

  it("a list has Streams of its items and pages", () => {
    expectTypeOf(Assistants.list).parameters.toEqualTypeOf<[request?: Pagination.ListQuery]>()
    expectTypeOf(Assistants.list).returns.toEqualTypeOf<Call<AssistantsContract.ListAssistantsResponse>>()
    expectTypeOf(Assistants.list.items).parameters.toEqualTypeOf<
      [request?: Pagination.ListQuery, options?: Operation.WalkOptions]
    >()
    expectTypeOf(Assistants.list.items).returns.toEqualTypeOf<Walk<AssistantsContract.Assistant>>()
    expectTypeOf(Assistants.list.pages).returns.toEqualTypeOf<Walk<AssistantsContract.ListAssistantsResponse>>()
    expectTypeOf(Models.list).not.toHaveProperty("items")
    expectTypeOf(Runs.list).not.toHaveProperty("stream")
  })

  it("an upload also fails where it can't be sent again", () => {
    expectTypeOf(Files.upload).parameters.toEqualTypeOf<[request: FilesContract.CreateFileRequest]>()
    expectTypeOf(Files.upload).returns.toEqualTypeOf<Call<FilesContract.File, UploadError>>()
  })

  it("a download has a Stream of bytes", () => {
    expectTypeOf(Files.content).returns.toEqualTypeOf<Call<Uint8Array>>()
    expectTypeOf(Files.content.stream).parameters.toEqualTypeOf<[request: { readonly file_id: string }]>()
    expectTypeOf(Files.content.stream).returns.toEqualTypeOf<
      Stream.Stream<Uint8Array, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>
    >()
  })

  it("an operation that streams has a Stream of events, and no field `stream`", () => {
    expectTypeOf(Runs.create).parameter(0).branded.toEqualTypeOf<Runs.CreateRequest>()
    expectTypeOf(Runs.create).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.create.stream).returns.toEqualTypeOf<Events<AssistantStream.AssistantStreamEvent>>()
    expectTypeOf(ChatCompletions.create).parameter(0).branded.toEqualTypeOf<ChatCompletions.CreateRequest>()
    expectTypeOf(ChatCompletions.create.stream).returns.toEqualTypeOf<
      Events<ChatCompletionsContract.CreateChatCompletionStreamResponse>
    >()
    expectTypeOf<ChatStream.Snapshot["choices"]>().items.toEqualTypeOf<ChatStream.Choice>()
    expectTypeOf<Parameters<typeof Runs.createThreadAndRun>[0]>().not.toHaveProperty("stream")
    expectTypeOf<Parameters<typeof ChatCompletions.create>[0]>().not.toHaveProperty("stream")
    expectTypeOf(Embeddings.create).not.toHaveProperty("stream")
  })

  it("polling returns a run", () => {
    expectTypeOf(Runs.poll).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.createAndPoll).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.submitToolOutputsAndPoll).returns.toEqualTypeOf<Call<RunsContract.Run>>()
  })

  it("a field of the request narrows the type of the response", () => {
    type Format = "json" | "verbose_json" | "text"
    const file = FileSource.fromBytes("a.mp3", "")
    const request: Endpoint.Request<typeof Things.transcribeEndpoint> = { file }
    const format = "text" as Format

    expectTypeOf(Things.transcribe({ file })).toEqualTypeOf<Call<{ readonly text: string }, UploadError>>()
    expectTypeOf(Things.transcribe({ file, response_format: "text" })).toEqualTypeOf<Call<string, UploadError>>()
    expectTypeOf(Things.transcribe({ file, response_format: "verbose_json" })).toEqualTypeOf<
      Call<{ readonly text: string; readonly duration: number }, UploadError>
    >()
    expectTypeOf(Things.transcribe({ file, response_format: format })).toEqualTypeOf<
      Call<string | { readonly text: string } | { readonly text: string; readonly duration: number }, UploadError>
    >()
    expectTypeOf(Things.transcribe({ file, response_format: undefined })).toEqualTypeOf<
      Call<{ readonly text: string }, UploadError>
    >()
    expectTypeOf(Things.transcribe({ file, response_format: "text" as "text" | undefined })).toEqualTypeOf<
      Call<string | { readonly text: string }, UploadError>
    >()
    expectTypeOf(Things.transcribe(request)).toEqualTypeOf<
      Call<string | { readonly text: string } | { readonly text: string; readonly duration: number }, UploadError>
    >()
    const refused = () => [
      // @ts-expect-error: the field is unknown.
      Things.transcribe({ file, unknown: 1 }),
      // @ts-expect-error: the format is unknown.
      Things.transcribe({ file, response_format: "srt" })
    ]
    assert.isFunction(refused)
  })

  it("a constructor refuses an endpoint of another kind", () => {
    const { retrieve: plain } = Contract.resources.Assistants.operations
    const { create: json, list } = Contract.resources.Assistants.operations
    const { content: bytes, upload } = Contract.resources.Files.operations
    const { create: chat } = Contract.resources.ChatCompletions.operations
    const { create: embeddings } = Contract.resources.Embeddings.operations
    const { create: run } = Contract.resources.Runs.operations

    // @ts-expect-error: the endpoint has a body.
    Operation.make(json)
    // @ts-expect-error: the endpoint lists.
    Operation.make(list)
    // @ts-expect-error: the response is bytes.
    Operation.make(bytes)
    // @ts-expect-error: the body is a form.
    Operation.json(upload)
    // @ts-expect-error: the endpoint has no body.
    Operation.json(plain)
    // @ts-expect-error: the endpoint is an inference.
    Operation.json(embeddings)
    // @ts-expect-error: the endpoint streams.
    Operation.json(run)
    // @ts-expect-error: the response is bytes.
    Operation.json(Things.speakEndpoint)
    // @ts-expect-error: the endpoint is not an inference.
    Operation.inference(json)
    // @ts-expect-error: the body is JSON.
    Operation.upload(json)
    // @ts-expect-error: the response is JSON.
    Operation.download(plain)
    // @ts-expect-error: the endpoint has a body.
    Operation.download(Things.speakEndpoint)
    // @ts-expect-error: the endpoint has no body.
    Operation.jsonDownload(bytes)
    // @ts-expect-error: the endpoint does not list.
    Operation.paged(plain)
    // @ts-expect-error: the endpoint has no events.
    Operation.streaming(json)
    // @ts-expect-error: the endpoint is an inference.
    Operation.streaming(chat)
    // @ts-expect-error: the endpoint is not an inference.
    Operation.streamingInference(run)

    const body = Endpoint.json(Schema.Struct({ id: Schema.String }))
    // @ts-expect-error: no field of the response is a list.
    Endpoint.make({ ...Things.options, success: body, pagination: Endpoint.nextPage({ items: "id" }) })
  })

  it("an event of a run narrows by its name, and may be unknown", () => {
    const describe = (event: AssistantStream.AssistantStreamEvent): string => {
      switch (event.event) {
        case "thread.created":
          expectTypeOf(event.data).toEqualTypeOf<ThreadsContract.Thread>()
          return event.event
        case "thread.run.created":
        case "thread.run.queued":
        case "thread.run.in_progress":
        case "thread.run.requires_action":
        case "thread.run.completed":
        case "thread.run.failed":
        case "thread.run.cancelling":
        case "thread.run.cancelled":
        case "thread.run.expired":
          expectTypeOf(event.data).toEqualTypeOf<RunsContract.Run>()
          return event.event
        case "thread.run.step.created":
        case "thread.run.step.in_progress":
        case "thread.run.step.completed":
        case "thread.run.step.failed":
        case "thread.run.step.cancelled":
        case "thread.run.step.expired":
          expectTypeOf(event.data).toEqualTypeOf<RunStepsContract.RunStep>()
          return event.event
        case "thread.run.step.delta":
          expectTypeOf(event.data).toEqualTypeOf<RunStepsContract.RunStepDelta>()
          return event.event
        case "thread.message.created":
        case "thread.message.in_progress":
        case "thread.message.completed":
        case "thread.message.incomplete":
          expectTypeOf(event.data).toEqualTypeOf<MessagesContract.Message>()
          return event.event
        case "thread.message.delta":
          expectTypeOf(event.data).toEqualTypeOf<MessagesContract.MessageDelta>()
          return event.event
        case "thread.run.incomplete":
          expectTypeOf(event.data).toEqualTypeOf<RunsContract.Run>()
          return event.event
        default:
          expectTypeOf(event.event).toEqualTypeOf<Tolerant.Unknown>()
          expectTypeOf(event.data).toBeUnknown()
          return event.event
      }
    }
    assert.strictEqual(describe({ event: Tolerant.unknown("thread.new"), data: 1 }), "thread.new")
    const stream = Runs.create.stream({ thread_id: "thread_1", assistant_id: "asst_1" })
    expectTypeOf(RunStream.text(stream)).toEqualTypeOf<Events<string>>()
    expectTypeOf(RunStream.accumulate(stream)).toEqualTypeOf<Events<RunStream.Snapshot>>()
    expectTypeOf(RunStream.final(stream)).toEqualTypeOf<
      Call<RunStream.Snapshot, OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError>
    >()
  })

  it("only documented fields are required", () => {
    type Required<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T]

    expectTypeOf<Required<Pagination.ListQuery>>().toBeNever()
    expectTypeOf<Required<FilesContract.ListFilesQuery>>().toBeNever()
    expectTypeOf<Required<AssistantsContract.CreateAssistantRequest>>().toEqualTypeOf<"model">()
    expectTypeOf<Required<AssistantsContract.ModifyAssistantRequest>>().toBeNever()
    expectTypeOf<Required<FilesContract.CreateFileRequest>>().toEqualTypeOf<"file" | "purpose">()
    expectTypeOf<Required<ThreadsContract.CreateThreadRequest>>().toBeNever()
    expectTypeOf<Required<MessagesContract.CreateMessageRequest>>().toEqualTypeOf<"content" | "role">()
    expectTypeOf<Required<Runs.CreateRequest>>().toEqualTypeOf<"assistant_id" | "thread_id">()
    expectTypeOf<Required<Runs.PollOptions>>().toBeNever()
    expectTypeOf<Required<ChatCompletions.CreateRequest>>().toEqualTypeOf<"messages" | "model">()
    expectTypeOf<Required<EmbeddingsContract.CreateEmbeddingRequest>>().toEqualTypeOf<"input" | "model">()
    expectTypeOf<Required<OpenAiClient.Options>>().toBeNever()
    expectTypeOf<Required<Operation.WalkOptions>>().toBeNever()

    // Absent, undefined or null, as documented.
    expectTypeOf({ model: "gpt-4", name: null, metadata: null, temperature: undefined }).toExtend<
      AssistantsContract.CreateAssistantRequest
    >()
  })

  it("an unknown value does not hinder narrowing", () => {
    expectTypeOf<NonNullable<AssistantsContract.Assistant["tools"]>[number]>().extract<{ readonly type: "function" }>()
      .toHaveProperty("function")
    expectTypeOf<FilesContract.File["purpose"]>().extract<"vision">().toEqualTypeOf<"vision">()
  })

  it("the client", () => {
    expectTypeOf(OpenAiClient.make).returns.toEqualTypeOf<
      Effect.Effect<OpenAiClient.Service, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
    expectTypeOf(OpenAiClient.layer).returns.toEqualTypeOf<
      Layer.Layer<OpenAiClient.OpenAiClient, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
    expectTypeOf(OpenAiClient.layerConfig).returns.toEqualTypeOf<
      Layer.Layer<OpenAiClient.OpenAiClient, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
    expectTypeOf<OpenAiClient.Options["apiKey"]>().toEqualTypeOf<Redacted.Redacted | undefined>()
  })

  it("all errors of an operation can be handled by their tags", () => {
    const handled = Effect.catchTags(Assistants.retrieve({ assistant_id: "asst_1" }), {
      AuthenticationError: () => Effect.succeed("key"),
      BadRequestError: () => Effect.succeed("request"),
      ConflictError: () => Effect.succeed("conflict"),
      InsufficientQuotaError: (error) => Effect.succeed(error.limit.requests.reset),
      InternalServerError: () => Effect.succeed("server"),
      InvalidRequestError: (error) => Effect.succeed(error.field),
      InvalidResponseError: (error) => Effect.succeed(error.field),
      LimitExceededError: (error) => Effect.succeed(error.exceeded),
      NotFoundError: (error) => Effect.succeed(error.requestId),
      PermissionDeniedError: () => Effect.succeed("permission"),
      RateLimitError: (error) => Effect.succeed(error.retryAfter),
      RequestTooLargeError: () => Effect.succeed("size"),
      TimeoutError: (error) => Effect.succeed(error.phase),
      TransportError: (error) => Effect.succeed(error.sent),
      UnexpectedStatusError: (error) => Effect.succeed(error.body),
      UnprocessableEntityError: () => Effect.succeed("content")
    })
    const total: Effect.Effect<unknown, never, OpenAiClient.OpenAiClient> = handled
    assert.isTrue(Effect.isEffect(total))
  })
})
