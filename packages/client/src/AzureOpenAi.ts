/**
 * The client of a resource of Azure OpenAI, which has its own paths and credentials.
 *
 * @since 0.1.0
 */
import * as Endpoint from "@effect-openai/core/Endpoint"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Config from "effect/Config"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as internal from "./internal/openAiClient.js"
import { bearer, validUrl } from "./internal/options.js"
import * as OpenAiClient from "./OpenAiClient.js"

/**
 * Options of a client for Azure OpenAI. At least one of `apiKey` and `token` is required.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options
  extends Omit<OpenAiClient.Options, "apiKey" | "adminKey" | "organization" | "project" | "baseUrl">
{
  /** The URL of the resource, such as `https://example.openai.azure.com`, without `/openai` and without a query. */
  readonly endpoint: string
  /** The version of the API, such as `2024-10-21`. It is the query parameter `api-version` of every request. */
  readonly apiVersion: string
  /** The API key of the resource, sent in the header `api-key`. */
  readonly apiKey?: Redacted.Redacted | undefined
  /**
   * A token of Microsoft Entra ID, sent in the header `authorization` and instead of the API key. It expires: a client with
   * the next token is another client.
   */
  readonly token?: Redacted.Redacted | undefined
  /**
   * Default: a deployment has the name of its model. The deployments by model. An operation of chat completions, completions
   * or embeddings is sent to the deployment of its `model`.
   */
  readonly deployments?: { readonly [model: string]: string } | undefined
}

const deployment = Endpoint.pathParameter("The name of the deployment.")

const inferences = new WeakMap<Endpoint.Any, Endpoint.Any>()

/** Returns the endpoint of a deployment for an inference. Other operations are not those of a deployment. */
const endpointOf = (endpoint: Endpoint.Any): Endpoint.Any => {
  let found = inferences.get(endpoint)
  if (found === undefined) {
    const { inference, parameters, path } = endpoint
    found = inference === undefined ? endpoint : {
      ...endpoint,
      path: `/deployments/{deployment}${path}`,
      parameters: Schema.Struct({ ...parameters.fields, deployment })
    }
    inferences.set(endpoint, found)
  }
  return found
}

/** Runs an inference on the deployment of its model. */
const onDeployments = (
  { redact, run }: OpenAiClient.Service,
  deployments: Readonly<Record<string, string>> = {}
): OpenAiClient.Service => ({
  redact,
  run: (runner, endpoint, request) => {
    const { model } = request as { readonly model?: unknown }
    const found = endpointOf(endpoint)
    return found === endpoint || typeof model !== "string" ? run(runner, endpoint, request) : run(runner, found, {
      ...request,
      deployment: Object.hasOwn(deployments, model) ? deployments[model] : model
    })
  }
})

/**
 * Makes a client. Fails with `ConfigError` where both credentials are missing, where a credential can't be the value of a
 * header, and where the endpoint, the version or another option is invalid.
 *
 * An operation whose deployment can't be part of a path fails with `InvalidRequestError`.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options: Options
): Effect.Effect<OpenAiClient.Service, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.gen(function*() {
    const { apiKey, apiVersion, deployments, endpoint, token, ...rest } = options
    if ((token ?? apiKey) === undefined) {
      return yield* Effect.fail(ConfigError.MissingData(["apiKey"], "A client needs an API key or a token"))
    }
    const url = new URL(yield* validUrl("endpoint", endpoint))
    if (url.search !== "") return yield* Effect.fail(ConfigError.InvalidData(["endpoint"], "has a query"))
    if (apiVersion === "") return yield* Effect.fail(ConfigError.InvalidData(["apiVersion"], "is empty"))
    url.pathname += url.pathname.endsWith("/") ? "openai" : "/openai"
    url.searchParams.set("api-version", apiVersion)
    const service = yield* internal.make(
      { ...rest, apiKey: token ?? apiKey, baseUrl: url.href },
      yield* HttpClient.HttpClient,
      token === undefined ? (key) => ({ "api-key": key }) : bearer
    )
    return onDeployments(service, deployments)
  })

/**
 * A client as a layer. Fails like {@link make}. The operations are those of the other modules.
 *
 * @example
 * import { AzureOpenAi, ChatCompletions, FetchHttpClient } from "@effect-openai/client"
 * import { Effect, Layer, Redacted } from "effect"
 *
 * const AzureLive = AzureOpenAi.layer({
 *   endpoint: "https://example.openai.azure.com",
 *   apiVersion: "2024-10-21",
 *   apiKey: Redacted.make("key"),
 *   deployments: { "gpt-4o": "my-gpt-4o" }
 * }).pipe(Layer.provide(FetchHttpClient.layer))
 *
 * // POST https://example.openai.azure.com/openai/deployments/my-gpt-4o/chat/completions?api-version=2024-10-21
 * const completion = ChatCompletions.create({
 *   model: "gpt-4o",
 *   messages: [{ role: "user", content: "Say hello." }]
 * }).pipe(Effect.provide(AzureLive))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<OpenAiClient.OpenAiClient, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(OpenAiClient.OpenAiClient, make(options))

const secret = (name: string) => Config.withDefault(Config.redacted(Config.nonEmptyString(name)), undefined)

const defaultConfig = {
  endpoint: Config.nonEmptyString("AZURE_OPENAI_ENDPOINT"),
  apiVersion: Config.nonEmptyString("OPENAI_API_VERSION"),
  apiKey: secret("AZURE_OPENAI_API_KEY"),
  token: secret("AZURE_OPENAI_AD_TOKEN")
}

/**
 * A client with options from `Config`. Default: the variables `AZURE_OPENAI_ENDPOINT`, `OPENAI_API_VERSION`,
 * `AZURE_OPENAI_API_KEY` and `AZURE_OPENAI_AD_TOKEN`. At least one of the last two is required. An empty variable counts as
 * missing.
 *
 * @example
 * import { AzureOpenAi } from "@effect-openai/client"
 * import { Config } from "effect"
 *
 * const fromEnvironment = AzureOpenAi.layerConfig()
 *
 * const withDeployments = AzureOpenAi.layerConfig({ deployments: Config.succeed({ "gpt-4o": "my-gpt-4o" }) })
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: { readonly [K in keyof Options]?: Config.Config<Options[K]> }
): Layer.Layer<OpenAiClient.OpenAiClient, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.effect(
    OpenAiClient.OpenAiClient,
    Effect.flatMap(Config.all({ ...defaultConfig, ...options }) as Config.Config<Options>, make)
  )
