import {
  AssistantFiles,
  Assistants,
  ChatCompletions,
  type ChatStream,
  Embeddings,
  Files,
  MessageFiles,
  Messages,
  Models,
  OpenAiClient,
  type Operation,
  Runs,
  RunSteps,
  RunStream,
  Threads
} from "@effect-openai/client"
import type {
  AssistantFiles as AssistantFilesContract,
  Assistants as AssistantsContract,
  AssistantStream,
  ChatCompletions as ChatCompletionsContract,
  Embeddings as EmbeddingsContract,
  Files as FilesContract,
  MessageFiles as MessageFilesContract,
  Messages as MessagesContract,
  Models as ModelsContract,
  OpenAiError,
  Pagination,
  Runs as RunsContract,
  RunSteps as RunStepsContract,
  Threads as ThreadsContract
} from "@effect-openai/core"
import { Contract, Endpoint, Tolerant } from "@effect-openai/core"
import type { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { type ConfigError, Effect, type Either, type Encoding, type Layer, type Redacted, type Stream } from "effect"
import { expectTypeOf } from "vitest"

type Call<A, E = OpenAiError.OpenAiError> = Effect.Effect<A, E, OpenAiClient.OpenAiClient>

type Walk<A> = Stream.Stream<A, OpenAiError.OpenAiError | OpenAiError.PaginationError, OpenAiClient.OpenAiClient>

type Events<A> = Stream.Stream<
  A,
  OpenAiError.OpenAiError | OpenAiError.StreamInterruptedError,
  OpenAiClient.OpenAiClient
>

interface ThreadId {
  readonly thread_id: string
}

interface MessageId extends ThreadId {
  readonly message_id: string
}

interface RunId extends ThreadId {
  readonly run_id: string
}

interface AssistantId {
  readonly assistant_id: string
}

interface FileId {
  readonly file_id: string
}

describe("Types", () => {
  it("Assistants", () => {
    expectTypeOf(Assistants.list).parameters.toEqualTypeOf<[request?: Pagination.ListQuery]>()
    expectTypeOf(Assistants.list).returns.toEqualTypeOf<Call<AssistantsContract.ListAssistantsResponse>>()
    expectTypeOf(Assistants.list.items).parameters.toEqualTypeOf<
      [request?: Pagination.ListQuery, options?: Operation.WalkOptions]
    >()
    expectTypeOf(Assistants.list.items).returns.toEqualTypeOf<Walk<AssistantsContract.Assistant>>()
    expectTypeOf(Assistants.list.pages).returns.toEqualTypeOf<Walk<AssistantsContract.ListAssistantsResponse>>()

    expectTypeOf(Assistants.create).parameters.toEqualTypeOf<[request: AssistantsContract.CreateAssistantRequest]>()
    expectTypeOf(Assistants.create).returns.toEqualTypeOf<Call<AssistantsContract.Assistant>>()

    expectTypeOf(Assistants.retrieve).parameters.toEqualTypeOf<[request: AssistantId]>()
    expectTypeOf(Assistants.retrieve).returns.toEqualTypeOf<Call<AssistantsContract.Assistant>>()

    expectTypeOf(Assistants.modify).parameter(0).toEqualTypeOf<
      AssistantId & AssistantsContract.ModifyAssistantRequest
    >()
    expectTypeOf(Assistants.modify).returns.toEqualTypeOf<Call<AssistantsContract.Assistant>>()

    expectTypeOf(Assistants.delete).parameters.toEqualTypeOf<[request: AssistantId]>()
    expectTypeOf(Assistants.delete).returns.toEqualTypeOf<Call<AssistantsContract.DeleteAssistantResponse>>()
  })

  it("AssistantFiles", () => {
    expectTypeOf(AssistantFiles.list).parameters.toEqualTypeOf<[request: AssistantId & Pagination.ListQuery]>()
    expectTypeOf(AssistantFiles.list).returns.toEqualTypeOf<
      Call<AssistantFilesContract.ListAssistantFilesResponse>
    >()
    expectTypeOf(AssistantFiles.list.items).parameters.toEqualTypeOf<
      [request: AssistantId & Pagination.ListQuery, options?: Operation.WalkOptions]
    >()
    expectTypeOf(AssistantFiles.list.items).returns.toEqualTypeOf<Walk<AssistantFilesContract.AssistantFile>>()
    expectTypeOf(AssistantFiles.list.pages).returns.toEqualTypeOf<
      Walk<AssistantFilesContract.ListAssistantFilesResponse>
    >()

    expectTypeOf(AssistantFiles.create).parameter(0).branded.toEqualTypeOf<AssistantId & FileId>()
    expectTypeOf(AssistantFiles.create).returns.toEqualTypeOf<Call<AssistantFilesContract.AssistantFile>>()

    expectTypeOf(AssistantFiles.retrieve).parameter(0).branded.toEqualTypeOf<AssistantId & FileId>()
    expectTypeOf(AssistantFiles.retrieve).returns.toEqualTypeOf<Call<AssistantFilesContract.AssistantFile>>()

    expectTypeOf(AssistantFiles.delete).parameter(0).branded.toEqualTypeOf<AssistantId & FileId>()
    expectTypeOf(AssistantFiles.delete).returns.toEqualTypeOf<
      Call<AssistantFilesContract.DeleteAssistantFileResponse>
    >()
  })

  it("Files", () => {
    expectTypeOf(Files.list).parameters.toEqualTypeOf<[request?: FilesContract.ListFilesQuery]>()
    expectTypeOf(Files.list).returns.toEqualTypeOf<Call<FilesContract.ListFilesResponse>>()
    expectTypeOf(Files.list.items).returns.toEqualTypeOf<Walk<FilesContract.File>>()
    expectTypeOf(Files.list.pages).returns.toEqualTypeOf<Walk<FilesContract.ListFilesResponse>>()

    expectTypeOf(Files.upload).parameters.toEqualTypeOf<[request: FilesContract.CreateFileRequest]>()
    expectTypeOf(Files.upload).returns.toEqualTypeOf<
      Call<FilesContract.File, OpenAiError.OpenAiError | OpenAiError.UploadNotReplayableError>
    >()

    expectTypeOf(Files.retrieve).parameters.toEqualTypeOf<[request: FileId]>()
    expectTypeOf(Files.retrieve).returns.toEqualTypeOf<Call<FilesContract.File>>()

    expectTypeOf(Files.delete).parameters.toEqualTypeOf<[request: FileId]>()
    expectTypeOf(Files.delete).returns.toEqualTypeOf<Call<FilesContract.DeleteFileResponse>>()

    expectTypeOf(Files.content).parameters.toEqualTypeOf<[request: FileId]>()
    expectTypeOf(Files.content).returns.toEqualTypeOf<Call<Uint8Array>>()
    expectTypeOf(Files.content.stream).parameters.toEqualTypeOf<[request: FileId]>()
    expectTypeOf(Files.content.stream).returns.toEqualTypeOf<
      Stream.Stream<Uint8Array, OpenAiError.OpenAiError, OpenAiClient.OpenAiClient>
    >()
  })

  it("Threads", () => {
    expectTypeOf(Threads.create).parameters.toEqualTypeOf<[request?: ThreadsContract.CreateThreadRequest]>()
    expectTypeOf(Threads.create).returns.toEqualTypeOf<Call<ThreadsContract.Thread>>()

    expectTypeOf(Threads.retrieve).parameters.toEqualTypeOf<[request: ThreadId]>()
    expectTypeOf(Threads.retrieve).returns.toEqualTypeOf<Call<ThreadsContract.Thread>>()

    expectTypeOf(Threads.modify).parameter(0).toEqualTypeOf<ThreadId & ThreadsContract.ModifyThreadRequest>()
    expectTypeOf(Threads.modify).returns.toEqualTypeOf<Call<ThreadsContract.Thread>>()

    expectTypeOf(Threads.delete).parameters.toEqualTypeOf<[request: ThreadId]>()
    expectTypeOf(Threads.delete).returns.toEqualTypeOf<Call<ThreadsContract.DeleteThreadResponse>>()
  })

  it("Messages", () => {
    expectTypeOf(Messages.list).parameters.toEqualTypeOf<[request: ThreadId & MessagesContract.ListMessagesQuery]>()
    expectTypeOf(Messages.list).returns.toEqualTypeOf<Call<MessagesContract.ListMessagesResponse>>()
    expectTypeOf(Messages.list.items).returns.toEqualTypeOf<Walk<MessagesContract.Message>>()
    expectTypeOf(Messages.list.pages).returns.toEqualTypeOf<Walk<MessagesContract.ListMessagesResponse>>()

    expectTypeOf(Messages.create).parameter(0).toEqualTypeOf<ThreadId & MessagesContract.CreateMessageRequest>()
    expectTypeOf(Messages.create).returns.toEqualTypeOf<Call<MessagesContract.Message>>()

    expectTypeOf(Messages.retrieve).parameter(0).branded.toEqualTypeOf<MessageId>()
    expectTypeOf(Messages.retrieve).returns.toEqualTypeOf<Call<MessagesContract.Message>>()

    expectTypeOf(Messages.modify).parameter(0).branded.toEqualTypeOf<
      MessageId & MessagesContract.ModifyMessageRequest
    >()
    expectTypeOf(Messages.modify).returns.toEqualTypeOf<Call<MessagesContract.Message>>()
  })

  it("MessageFiles", () => {
    expectTypeOf(MessageFiles.list).parameter(0).branded.toEqualTypeOf<MessageId & Pagination.ListQuery>()
    expectTypeOf(MessageFiles.list).returns.toEqualTypeOf<Call<MessageFilesContract.ListMessageFilesResponse>>()
    expectTypeOf(MessageFiles.list.items).returns.toEqualTypeOf<Walk<MessageFilesContract.MessageFile>>()
    expectTypeOf(MessageFiles.list.pages).returns.toEqualTypeOf<Walk<MessageFilesContract.ListMessageFilesResponse>>()

    expectTypeOf(MessageFiles.retrieve).parameter(0).branded.toEqualTypeOf<MessageId & FileId>()
    expectTypeOf(MessageFiles.retrieve).returns.toEqualTypeOf<Call<MessageFilesContract.MessageFile>>()
  })

  it("Runs", () => {
    expectTypeOf(Runs.list).parameters.toEqualTypeOf<[request: ThreadId & Pagination.ListQuery]>()
    expectTypeOf(Runs.list).returns.toEqualTypeOf<Call<RunsContract.ListRunsResponse>>()
    expectTypeOf(Runs.list.items).returns.toEqualTypeOf<Walk<RunsContract.Run>>()
    expectTypeOf(Runs.list.pages).returns.toEqualTypeOf<Walk<RunsContract.ListRunsResponse>>()

    expectTypeOf(Runs.create).parameter(0).branded.toEqualTypeOf<
      ThreadId & Omit<RunsContract.CreateRunRequest, "stream">
    >()
    expectTypeOf(Runs.create).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.create.stream).parameters.toEqualTypeOf<
      [request: Runs.CreateRequest, options?: Operation.StreamOptions]
    >()
    expectTypeOf(Runs.create.stream).returns.toEqualTypeOf<Events<AssistantStream.AssistantStreamEvent>>()

    expectTypeOf(Runs.createThreadAndRun).parameter(0).toEqualTypeOf<
      Omit<RunsContract.CreateThreadAndRunRequest, "stream">
    >()
    expectTypeOf(Runs.createThreadAndRun).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.createThreadAndRun.stream).returns.toEqualTypeOf<Events<AssistantStream.AssistantStreamEvent>>()

    expectTypeOf(Runs.retrieve).parameter(0).branded.toEqualTypeOf<RunId>()
    expectTypeOf(Runs.retrieve).returns.toEqualTypeOf<Call<RunsContract.Run>>()

    expectTypeOf(Runs.modify).parameter(0).branded.toEqualTypeOf<RunId & RunsContract.ModifyRunRequest>()
    expectTypeOf(Runs.modify).returns.toEqualTypeOf<Call<RunsContract.Run>>()

    expectTypeOf(Runs.submitToolOutputs).parameter(0).branded.toEqualTypeOf<
      RunId & Omit<RunsContract.SubmitToolOutputsRunRequest, "stream">
    >()
    expectTypeOf(Runs.submitToolOutputs).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.submitToolOutputs.stream).returns.toEqualTypeOf<Events<AssistantStream.AssistantStreamEvent>>()

    expectTypeOf(Runs.cancel).parameter(0).branded.toEqualTypeOf<RunId>()
    expectTypeOf(Runs.cancel).returns.toEqualTypeOf<Call<RunsContract.Run>>()

    expectTypeOf(Runs.poll).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.createAndPoll).returns.toEqualTypeOf<Call<RunsContract.Run>>()
    expectTypeOf(Runs.submitToolOutputsAndPoll).returns.toEqualTypeOf<Call<RunsContract.Run>>()
  })

  it("RunSteps", () => {
    expectTypeOf(RunSteps.list).parameter(0).branded.toEqualTypeOf<RunId & Pagination.ListQuery>()
    expectTypeOf(RunSteps.list).returns.toEqualTypeOf<Call<RunStepsContract.ListRunStepsResponse>>()
    expectTypeOf(RunSteps.list.items).returns.toEqualTypeOf<Walk<RunStepsContract.RunStep>>()
    expectTypeOf(RunSteps.list.pages).returns.toEqualTypeOf<Walk<RunStepsContract.ListRunStepsResponse>>()

    expectTypeOf(RunSteps.retrieve).parameter(0).branded.toEqualTypeOf<RunId & { readonly step_id: string }>()
    expectTypeOf(RunSteps.retrieve).returns.toEqualTypeOf<Call<RunStepsContract.RunStep>>()
  })

  it("Models", () => {
    expectTypeOf(Models.list).returns.toEqualTypeOf<Call<ModelsContract.ListModelsResponse>>()
    expectTypeOf(Models.list).toBeCallableWith()
    expectTypeOf(Models.list).not.toHaveProperty("items")

    expectTypeOf(Models.retrieve).parameters.toEqualTypeOf<[request: { readonly model: string }]>()
    expectTypeOf(Models.retrieve).returns.toEqualTypeOf<Call<ModelsContract.Model>>()

    expectTypeOf(Models.delete).parameters.toEqualTypeOf<[request: { readonly model: string }]>()
    expectTypeOf(Models.delete).returns.toEqualTypeOf<Call<ModelsContract.DeleteModelResponse>>()
  })

  it("Embeddings", () => {
    expectTypeOf(Embeddings.create).parameters.toEqualTypeOf<[request: EmbeddingsContract.CreateEmbeddingRequest]>()
    expectTypeOf(Embeddings.create).returns.toEqualTypeOf<Call<EmbeddingsContract.CreateEmbeddingResponse>>()
    expectTypeOf(Embeddings.vector).returns.toEqualTypeOf<Either.Either<Float32Array, Encoding.DecodeException>>()
  })

  it("ChatCompletions", () => {
    expectTypeOf(ChatCompletions.create).parameters.toEqualTypeOf<[request: ChatCompletions.CreateRequest]>()
    expectTypeOf(ChatCompletions.create).returns.toEqualTypeOf<
      Call<ChatCompletionsContract.CreateChatCompletionResponse>
    >()
    expectTypeOf(ChatCompletions.create.stream).parameters.toEqualTypeOf<
      [request: ChatCompletions.CreateRequest, options?: Operation.StreamOptions]
    >()
    expectTypeOf(ChatCompletions.create.stream).returns.toEqualTypeOf<
      Events<ChatCompletionsContract.CreateChatCompletionStreamResponse>
    >()
    expectTypeOf<ChatStream.Snapshot["choices"]>().items.toEqualTypeOf<ChatStream.Choice>()
  })

  it("`stream` is no field of a request: the function that is called says it", () => {
    expectTypeOf<Parameters<typeof Runs.create>[0]>().not.toHaveProperty("stream")
    expectTypeOf<Parameters<typeof Runs.createThreadAndRun>[0]>().not.toHaveProperty("stream")
    expectTypeOf<Parameters<typeof Runs.submitToolOutputs>[0]>().not.toHaveProperty("stream")
    expectTypeOf<Parameters<typeof ChatCompletions.create>[0]>().not.toHaveProperty("stream")
    expectTypeOf(Runs.list).not.toHaveProperty("stream")
    expectTypeOf(Embeddings.create).not.toHaveProperty("stream")
  })

  it("every event of a run is told apart by its name, and an unknown one is left", () => {
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

  it("nothing that is documented as optional is required", () => {
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
    expectTypeOf<Required<OpenAiClient.Options>>().toEqualTypeOf<"apiKey">()
    expectTypeOf<Required<Operation.WalkOptions>>().toBeNever()

    // Left out, undefined or null, as documented.
    expectTypeOf({ model: "gpt-4", name: null, metadata: null, temperature: undefined }).toExtend<
      AssistantsContract.CreateAssistantRequest
    >()
  })

  it("an unknown value narrows away", () => {
    expectTypeOf<AssistantsContract.Assistant["tools"][number]>().extract<{ readonly type: "function" }>()
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
    expectTypeOf<OpenAiClient.Options["apiKey"]>().toEqualTypeOf<Redacted.Redacted>()
  })

  it("an error is told apart by its tag, and each tag is known", () => {
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

  it("every operation of the contract has its function, and no other", () => {
    const functions = {
      Assistants,
      AssistantFiles,
      ChatCompletions,
      Embeddings,
      Files,
      MessageFiles,
      Messages,
      Models,
      Runs,
      RunSteps,
      Threads
    }
    assert.hasAllKeys(functions, Object.keys(Contract.resources))
    for (const [resource, operations] of Object.entries(functions)) {
      const contract: object = Contract.resources[resource as Contract.ResourceName].operations
      const endpoints = Object.entries(contract).filter(([, value]) => Endpoint.isEndpoint(value))
      assert.deepStrictEqual(
        // A module also has functions that are made of operations.
        Object.entries<object>(operations).flatMap(([name, value]) =>
          "endpoint" in value && Endpoint.isEndpoint(value.endpoint) ? [[name, value.endpoint.name]] : []
        ).sort(),
        endpoints.map(([name, endpoint]) => [name, endpoint.name]).sort()
      )
    }
  })
})
