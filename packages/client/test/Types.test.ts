import { AssistantFiles, Assistants, Files, OpenAiClient, type Operation } from "@effect-openai/client"
import type {
  AssistantFiles as AssistantFilesContract,
  Assistants as AssistantsContract,
  Files as FilesContract,
  OpenAiError,
  Pagination
} from "@effect-openai/core"
import { Contract, Endpoint } from "@effect-openai/core"
import type { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { type ConfigError, Effect, type Layer, type Redacted, type Stream } from "effect"
import { expectTypeOf } from "vitest"

type Call<A, E = OpenAiError.OpenAiError> = Effect.Effect<A, E, OpenAiClient.OpenAiClient>

type Walk<A> = Stream.Stream<A, OpenAiError.OpenAiError | OpenAiError.PaginationError, OpenAiClient.OpenAiClient>

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

  it("nothing that is documented as optional is required", () => {
    type Required<T> = { [K in keyof T]-?: {} extends Pick<T, K> ? never : K }[keyof T]

    expectTypeOf<Required<Pagination.ListQuery>>().toBeNever()
    expectTypeOf<Required<FilesContract.ListFilesQuery>>().toBeNever()
    expectTypeOf<Required<AssistantsContract.CreateAssistantRequest>>().toEqualTypeOf<"model">()
    expectTypeOf<Required<AssistantsContract.ModifyAssistantRequest>>().toBeNever()
    expectTypeOf<Required<FilesContract.CreateFileRequest>>().toEqualTypeOf<"file" | "purpose">()
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
      NotFoundError: (error) => Effect.succeed(error.requestId),
      PermissionDeniedError: () => Effect.succeed("permission"),
      RateLimitError: (error) => Effect.succeed(error.retryAfter),
      TimeoutError: (error) => Effect.succeed(error.phase),
      TransportError: (error) => Effect.succeed(error.sent),
      UnexpectedStatusError: (error) => Effect.succeed(error.body),
      UnprocessableEntityError: () => Effect.succeed("content")
    })
    const total: Effect.Effect<unknown, never, OpenAiClient.OpenAiClient> = handled
    assert.isTrue(Effect.isEffect(total))
  })

  it("every operation of the contract has its function, and no other", () => {
    const functions = { Assistants, AssistantFiles, Files }
    assert.hasAllKeys(functions, Object.keys(Contract.resources))
    for (const [resource, operations] of Object.entries(functions)) {
      const contract: object = Contract.resources[resource as Contract.Resource]
      const endpoints = Object.entries(contract).filter(([, value]) => Endpoint.isEndpoint(value))
      assert.deepStrictEqual(
        Object.entries(operations).map(([name, { endpoint }]) => [name, endpoint.name]).sort(),
        endpoints.map(([name, endpoint]) => [name, endpoint.name]).sort()
      )
    }
  })
})
