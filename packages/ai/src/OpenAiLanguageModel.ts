/**
 * `LanguageModel` of `@effect/ai` over chat completions.
 *
 * @since 0.1.0
 */
import * as ChatCompletions from "@effect-openai/client/ChatCompletions"
import type * as Extra from "@effect-openai/client/Extra"
import { OpenAiClient } from "@effect-openai/client/OpenAiClient"
import type * as AiError from "@effect/ai/AiError"
import * as LanguageModel from "@effect/ai/LanguageModel"
import * as AiModel from "@effect/ai/Model"
import type * as Tokenizer from "@effect/ai/Tokenizer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as AiErrors from "./AiErrors.js"
import { current, merge, withOverride } from "./internal/config.js"
import * as Memory from "./internal/memory.js"
import * as Messages from "./internal/messages.js"
import * as Response from "./internal/response.js"
import * as StreamParts from "./internal/stream.js"
import { annotatePart, annotateRequest } from "./internal/telemetry.js"
import * as Tools from "./internal/tools.js"
import * as OpenAiTokenizer from "./OpenAiTokenizer.js"

// -----------------------------------------------------------------------------
// configuration
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace Config {
  /**
   * The fields of a chat completion, and how prompts become one. `Extra.fields` adds fields of a server.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service extends
    Partial<
      Omit<
        ChatCompletions.CreateRequest,
        "messages" | "tools" | "tool_choice" | "response_format" | "n" | "functions" | "function_call"
      >
    >
  {
    /**
     * Default: true. Whether arguments of tools and objects always fit their JSON Schema. The API then accepts only a subset of
     * JSON Schema: every field is required, and nullable instead of optional.
     */
    readonly strict?: boolean | undefined
    /**
     * Default: `json_schema`. How objects are requested. `json_object` is for servers that do not know JSON Schema: a message
     * describes it, and only the response is checked.
     */
    readonly structuredOutputs?: "json_schema" | "json_object" | undefined
    /**
     * Default: `developer` for models from `o1` on, `system` for all others. The role of system messages.
     */
    readonly systemRole?: "system" | "developer" | undefined
    /** Default: none. Data of a file that begins with one of these is the ID of an uploaded file, for example `file-`. */
    readonly fileIdPrefixes?: ReadonlyArray<string> | undefined
    /** The extra fields that `Extra.fields` adds by a spread. */
    readonly [Extra.TypeId]?: { readonly [name: string]: unknown }
  }
}

/**
 * The configuration of the calls within an effect. It replaces fields of the model's own configuration.
 *
 * @since 0.1.0
 * @category context
 */
export class Config extends Context.Tag("@effect-openai/ai/OpenAiLanguageModel/Config")<Config, Config.Service>() {}

const currentConfig: Effect.Effect<Config.Service> = current(Config)

/**
 * Options of a model.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The ID of the model. */
  readonly model: string
  /** The fields of every request. */
  readonly config?: Omit<Config.Service, "model"> | undefined
}

/** Models from `o1` on. Names of other models that begin with an `o` have no digit after it. */
const systemRoleOf = (model: string): "system" | "developer" =>
  /^(o\d|gpt-5|codex-|computer-use)/.test(model) ? "developer" : "system"

// -----------------------------------------------------------------------------
// constructors
// -----------------------------------------------------------------------------

const makeRequest = Effect.fnUntraced(function*(
  options: Options,
  providerOptions: LanguageModel.ProviderOptions,
  memory: Memory.Memory
): Effect.fn.Return<ChatCompletions.CreateRequest, AiError.AiError> {
  const merged = merge(options.config ?? {}, yield* currentConfig)
  const { fileIdPrefixes = [], model = options.model, parallel_tool_calls, ...config } = merged
  const { strict = true, structuredOutputs = "json_schema", systemRole = systemRoleOf(model), ...fields } = config
  const format = yield* Tools.responseFormat(providerOptions, { strict, structuredOutputs })
  const messages = yield* Messages.make(providerOptions.prompt, { fileIdPrefixes, systemRole, memory })
  const { tool_choice, tools } = yield* Tools.tools(providerOptions, strict)
  return {
    ...fields,
    model,
    messages: format.instructions === undefined
      ? messages
      : [{ role: systemRole, content: format.instructions }, ...messages],
    ...format.fields,
    // The API refuses both without tools.
    ...(tools === undefined ? {} : {
      tools,
      ...(tool_choice === undefined ? {} : { tool_choice }),
      ...(parallel_tool_calls === undefined ? {} : { parallel_tool_calls })
    })
  }
})

const toAiError = (method: string) => (error: AiErrors.ClientError): AiError.AiError =>
  AiErrors.fromClientError(error, {
    module: "OpenAiLanguageModel",
    method,
    endpoint: ChatCompletions.create.endpoint
  })

/**
 * Makes a model. Its calls create a chat completion (`createChatCompletion`) with the limits, retries and spans of the
 * client.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: Options): Effect.Effect<LanguageModel.Service, never, OpenAiClient> =>
  Effect.gen(function*() {
    const client = yield* OpenAiClient
    const memory = Memory.make(1_000)
    return yield* LanguageModel.make({
      generateText: Effect.fnUntraced(function*(providerOptions) {
        const { stream_options: _, ...request } = yield* makeRequest(options, providerOptions, memory)
        annotateRequest(providerOptions.span, request)
        const isObject = providerOptions.responseFormat.type === "json"
        const parts = yield* ChatCompletions.create(request).pipe(
          Effect.provideService(OpenAiClient, client),
          Effect.flatMap((completion) => Response.make(completion, memory, isObject)),
          Effect.mapError(toAiError(isObject ? "generateObject" : "generateText"))
        )
        for (const part of parts) annotatePart(providerOptions.span, part)
        return parts
      }),
      streamText: (providerOptions) =>
        Stream.unwrap(Effect.map(makeRequest(options, providerOptions, memory), (made) => {
          const { stream_options = { include_usage: true }, ...fields } = made
          const request: ChatCompletions.CreateRequest = {
            ...fields,
            ...(stream_options === null ? {} : { stream_options })
          }
          annotateRequest(providerOptions.span, request)
          return StreamParts.make(ChatCompletions.create.stream(request), memory).pipe(
            Stream.provideService(OpenAiClient, client),
            Stream.mapError(toAiError("streamText")),
            Stream.map((part) => {
              annotatePart(providerOptions.span, part)
              return part
            })
          )
        }))
    })
  })

// -----------------------------------------------------------------------------
// layers
// -----------------------------------------------------------------------------

/**
 * A model as a layer.
 *
 * @example
 * import { OpenAiLanguageModel } from "@effect-openai/ai"
 * import { FetchHttpClient, OpenAiClient } from "@effect-openai/client"
 * import { LanguageModel } from "@effect/ai"
 * import { Console, Effect, Layer } from "effect"
 *
 * const program = LanguageModel.generateText({ prompt: "How long is a day on Mars?" }).pipe(
 *   Effect.flatMap(({ text }) => Console.log(text))
 * )
 *
 * const ModelLive = OpenAiLanguageModel.layer({ model: "gpt-4o", config: { temperature: 0 } }).pipe(
 *   Layer.provide(OpenAiClient.layerConfig()),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 *
 * const main = Effect.provide(program, ModelLive)
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<LanguageModel.LanguageModel, never, OpenAiClient> =>
  Layer.effect(LanguageModel.LanguageModel, make(options))

/**
 * A model and its tokenizer as a layer. It needs the package `gpt-tokenizer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithTokenizer = (
  options: Options
): Layer.Layer<LanguageModel.LanguageModel | Tokenizer.Tokenizer, never, OpenAiClient> =>
  Layer.merge(layer(options), OpenAiTokenizer.layer(options))

/**
 * A `Model` of `@effect/ai`: a layer that also states its provider, `openai`.
 *
 * @since 0.1.0
 * @category layers
 */
export const model = (
  model: string,
  config?: Omit<Config.Service, "model">
): AiModel.Model<"openai", LanguageModel.LanguageModel, OpenAiClient> =>
  AiModel.make("openai", layer({ model, config }))

/**
 * A `Model` of `@effect/ai` with a tokenizer. It needs the package `gpt-tokenizer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const modelWithTokenizer = (
  model: string,
  config?: Omit<Config.Service, "model">
): AiModel.Model<"openai", LanguageModel.LanguageModel | Tokenizer.Tokenizer, OpenAiClient> =>
  AiModel.make("openai", layerWithTokenizer({ model, config }))

/**
 * Replaces fields of the configuration for the calls within an effect, extra fields included.
 *
 * @example
 * import { OpenAiLanguageModel } from "@effect-openai/ai"
 * import { Extra } from "@effect-openai/client"
 * import { LanguageModel } from "@effect/ai"
 *
 * const cold = LanguageModel.generateText({ prompt: "Hello" }).pipe(
 *   OpenAiLanguageModel.withConfigOverride({ temperature: 0, ...Extra.fields({ top_k: 1 }) })
 * )
 *
 * @since 0.1.0
 * @category configuration
 */
export const withConfigOverride: {
  (overrides: Config.Service): <A, E, R>(self: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  <A, E, R>(self: Effect.Effect<A, E, R>, overrides: Config.Service): Effect.Effect<A, E, R>
} = withOverride(Config)
