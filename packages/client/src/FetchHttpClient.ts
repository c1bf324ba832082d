/**
 * The transport over fetch.
 *
 * It is the platform's `FetchHttpClient`, which the client drives with fewer steps. `Fetch` and `RequestInit` are the
 * platform's tags.
 *
 * @since 0.1.0
 */
import * as Platform from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fetch from "./internal/transport/fetchHttpClient.js"
import * as Transport from "./internal/transport/transport.js"

/**
 * The transport over fetch. Default: the global fetch. The platform's `FetchHttpClient.Fetch` replaces it. In a browser a
 * form is in memory before it is sent.
 *
 * @example
 * import { FetchHttpClient, OpenAiClient } from "@effect-openai/client"
 * import { Layer } from "effect"
 *
 * const OpenAiLive = OpenAiClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.contextWithEffect((context: Context.Context<never>) =>
    Effect.map(HttpClient.HttpClient, (httpClient) => {
      const send = Fetch.send(context)
      return Transport.register(httpClient, () => send)
    })
  )
).pipe(Layer.provide(Platform.layer))
