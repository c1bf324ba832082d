/**
 * Images generated from a prompt, edited or varied.
 *
 * @since 0.1.0
 */
import * as Contract from "@effect-openai/core/Images"
import type * as OpenAiError from "@effect-openai/core/OpenAiError"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Effect from "effect/Effect"
import { checkImages } from "./internal/request/png.js"
import { imageBytes } from "./internal/response/imageBytes.js"
import * as Operation from "./Operation.js"

/**
 * The types of the requests and responses, as the contract states them.
 *
 * @since 0.1.0
 */
export type * from "@effect-openai/core/Images"

/**
 * Create image (`createImage`). Default: one image of 1024x1024 pixels by `dall-e-2`, as a URL that is valid for an hour.
 * Fails with `InvalidRequestError` for a prompt, `n`, `size`, `quality` or `style` that `dall-e-2` and `dall-e-3` do not
 * have. The limits of other models are unknown.
 *
 * @example
 * import { Images } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const otter = Images.generate({ prompt: "A cute baby sea otter", response_format: "b64_json" }).pipe(
 *   Effect.flatMap(({ data }) => Effect.forEach(data, Images.bytes))
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const generate: Operation.Of<typeof Contract.generate> = Operation.json(Contract.generate)

/**
 * Create image edit (`createImageEdit`). Fails with `InvalidRequestError` for an image or a mask that is not a PNG of less
 * than 4 MB, for an image that is not square, and for a mask of another size. An image that can be read only once is
 * buffered.
 *
 * @example
 * import { Images } from "@effect-openai/client"
 * import { FileSource } from "@effect-openai/core"
 * import { Effect } from "effect"
 *
 * const edited = Effect.flatMap(
 *   Effect.all({ image: FileSource.fromPath("otter.png"), mask: FileSource.fromPath("mask.png") }),
 *   (files) => Images.edit({ ...files, prompt: "A cute baby sea otter wearing a beret" })
 * )
 *
 * @since 0.1.0
 * @category operations
 */
export const edit: Operation.Of<typeof Contract.edit> = Operation.upload(Contract.edit, {
  prepare: checkImages(Contract.edit.name, Contract.maxFileBytes)
})

/**
 * Create image variation (`createImageVariation`). Fails with `InvalidRequestError` for an image that is not a square PNG of
 * less than 4 MB. An image that can be read only once is buffered.
 *
 * @since 0.1.0
 * @category operations
 */
export const vary: Operation.Of<typeof Contract.vary> = Operation.upload(Contract.vary, {
  prepare: checkImages(Contract.vary.name, Contract.maxFileBytes)
})

/**
 * Returns the bytes of an image, from `b64_json` or from its `url`. The URL is requested once, without the key of the
 * client. It fails like an operation, with a status of 403 or 404 after the hour of the URL, and with
 * `InvalidResponseError` for an image that has neither.
 *
 * @example
 * import { FetchHttpClient, Images } from "@effect-openai/client"
 * import { Effect } from "effect"
 *
 * const otter = Images.generate({ prompt: "A cute baby sea otter" }).pipe(
 *   Effect.flatMap(({ data }) => Effect.forEach(data, Images.bytes)),
 *   Effect.provide(FetchHttpClient.layer)
 * )
 *
 * @since 0.1.0
 * @category helpers
 */
export const bytes: (
  image: Contract.Image
) => Effect.Effect<Uint8Array, OpenAiError.OpenAiError, HttpClient.HttpClient> = imageBytes
