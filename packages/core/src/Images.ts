/**
 * Images: generated, edited and varied.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import * as FileSource from "./FileSource.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * The ID of a model that generates images: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId("dall-e-2", "dall-e-3")

export type ModelId = Schema.Schema.Type<typeof ModelId>

/**
 * The ID of a model that edits and varies images: the documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const EditModelId = modelId("dall-e-2")

export type EditModelId = Schema.Schema.Type<typeof EditModelId>

/**
 * The documented limits of a model.
 *
 * @since 0.1.0
 * @category models
 */
export interface Limits {
  readonly sizes: ReadonlyArray<string>
  /** The maximum number of images. */
  readonly images: number
  /** The maximum length of a prompt in characters. */
  readonly promptLength: number
  /** Whether the model has the fields `style` and `quality`. */
  readonly hasStyle: boolean
}

const squares = ["256x256", "512x512", "1024x1024"] as const

/**
 * The limits of the documented models. Those of another model are unknown.
 *
 * @since 0.1.0
 * @category models
 */
export const limits: { readonly [model: string]: Limits } = {
  "dall-e-2": { sizes: squares, images: 10, promptLength: 1000, hasStyle: false },
  "dall-e-3": { sizes: ["1024x1024", "1792x1024", "1024x1792"], images: 1, promptLength: 4000, hasStyle: true }
}

/**
 * The limits of a model, and of the default model for none. undefined where they are unknown.
 *
 * @since 0.1.0
 * @category accessors
 */
export const limitsOf = (model: string | null | undefined): Limits | undefined => {
  const name = model ?? "dall-e-2"
  return Object.hasOwn(limits, name) ? limits[name] : undefined
}

/**
 * The maximum size of an image that is sent, in bytes: less than 4 MiB.
 *
 * @since 0.1.0
 * @category models
 */
export const maxFileBytes = 4 * 1024 * 1024 - 1

const optional = <A>(schema: Schema.Schema<A>, description: string, value: unknown) =>
  Schema.optional(Schema.NullOr(schema).pipe(described(description, { default: value })))

const count = optional(
  Field.Integer.pipe(Schema.between(1, 10)),
  "The number of images, from 1 to 10. For `dall-e-3` only 1.",
  1
)

const format = optional(
  Schema.Literal("url", "b64_json"),
  "The form of the images: a URL that is valid for an hour, or Base64.",
  "url"
)

/**
 * The limits of `n`, `size` and `prompt` depend on the model. See {@link limits}.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateImageRequest = Struct.make({
  prompt: Field.string(
    "The description of the images. At most 1,000 characters for `dall-e-2` and 4,000 for `dall-e-3`."
  ),
  model: optional(ModelId, "The ID of the model.", "dall-e-2"),
  n: count,
  quality: Schema.optional(
    Schema.Literal("standard", "hd").pipe(
      described("The quality of the image. `hd` has finer details. Only for `dall-e-3`.", { default: "standard" })
    )
  ),
  response_format: format,
  size: optional(
    Schema.Literal("256x256", "512x512", "1024x1024", "1792x1024", "1024x1792"),
    "The size of the images: `256x256`, `512x512` or `1024x1024` for `dall-e-2`, `1024x1024`, `1792x1024` or " +
      "`1024x1792` for `dall-e-3`.",
    "1024x1024"
  ),
  style: optional(
    Schema.Literal("vivid", "natural"),
    "The style of the image: `vivid` is dramatic, `natural` is closer to a photograph. Only for `dall-e-3`.",
    "vivid"
  ),
  user: Field.user
}).annotations({ identifier: "CreateImageRequest", description: "Request to generate images." })

export interface CreateImageRequest extends Schema.Schema.Type<typeof CreateImageRequest> {}

const variation = {
  model: optional(EditModelId, "The ID of the model.", "dall-e-2"),
  n: count,
  response_format: format,
  size: optional(Schema.Literal(...squares), "The size of the images.", "1024x1024"),
  user: Field.user
}

const file = (description: string) => FileSource.FileSource.pipe(described(`${description} A PNG of less than 4 MB.`))

/**
 * Both images are PNG of less than 4 MB. `image` is square, and `mask` has the same size. `prompt` has at most 1,000
 * characters for `dall-e-2`.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateImageEditRequest = Struct.make({
  image: file("The image to edit. It is square. Without `mask` its transparent areas are edited."),
  prompt: Field.string("The description of the images. At most 1,000 characters."),
  mask: Schema.optional(file("An image of the same size, whose fully transparent areas are edited.")),
  ...variation
}).annotations({ identifier: "CreateImageEditRequest", description: "Request to edit an image." })

export interface CreateImageEditRequest extends Schema.Schema.Type<typeof CreateImageEditRequest> {}

/**
 * `image` is a square PNG of less than 4 MB.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateImageVariationRequest = Struct.make({
  image: file("The image to vary. It is square."),
  ...variation
}).annotations({ identifier: "CreateImageVariationRequest", description: "Request to vary an image." })

export interface CreateImageVariationRequest extends Schema.Schema.Type<typeof CreateImageVariationRequest> {}

/**
 * An image has either `url` or `b64_json`.
 *
 * @since 0.1.0
 * @category models
 */
export const Image = Tolerant.struct({}, {
  b64_json: Schema.optional(Field.string("The image in Base64, with the response_format `b64_json`.")),
  url: Schema.optional(Field.string("The URL of the image, with the response_format `url`. It is valid for an hour.")),
  revised_prompt: Schema.optional(Field.string("The prompt that the image was generated with, if it was revised."))
}).annotations({ identifier: "Image", title: "Image", description: "A generated image." })

export interface Image extends Schema.Schema.Type<typeof Image> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ImagesResponse = Tolerant.struct({
  data: Schema.Array(Image).pipe(described("The images."))
}, {
  created: Field.timestamp("the images were generated")
}).annotations({ identifier: "ImagesResponse", description: "Generated images." })

export interface ImagesResponse extends Schema.Schema.Type<typeof ImagesResponse> {}

// -----------------------------------------------------------------------------
// rules
// -----------------------------------------------------------------------------

interface Limited {
  readonly model?: string | null | undefined
  readonly n?: number | null | undefined
  readonly size?: string | null | undefined
  readonly prompt?: string
}

const limited = (
  field: string,
  check: (request: Limited & CreateImageRequest, limits: Limits) => string | undefined
): Endpoint.Rule<Limited> => ({
  field,
  check: (request) => {
    const found = limitsOf(request.model)
    const message = found && check(request as Limited & CreateImageRequest, found)
    return message && `${message} for the model ${request.model ?? "dall-e-2"}`
  }
})

const rules = {
  n: limited("n", ({ n }, { images }) => (n ?? 1) > images ? `is at most ${images}` : undefined),
  size: limited(
    "size",
    ({ size }, { sizes }) => size == null || sizes.includes(size) ? undefined : `is one of ${sizes.join(", ")}`
  ),
  prompt: limited(
    "prompt",
    ({ prompt }, { promptLength }) =>
      prompt.length > promptLength ? `has at most ${promptLength} characters` : undefined
  ),
  // The default of `quality` asks for nothing that the model does not have.
  quality: limited(
    "quality",
    ({ quality }, { hasStyle }) => quality === "hd" && !hasStyle ? "is not supported" : undefined
  ),
  style: limited("style", ({ style }, { hasStyle }) => style != null && !hasStyle ? "is not supported" : undefined)
}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

const success = Endpoint.json(ImagesResponse)

/**
 * @since 0.1.0
 * @category operations
 */
export const generate = Endpoint.make({
  name: "createImage",
  summary: "Create image",
  description: "Generates images from a prompt.",
  method: "POST",
  path: "/images/generations",
  body: Endpoint.json(CreateImageRequest),
  rules: [rules.prompt, rules.n, rules.size, rules.quality, rules.style],
  success,
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const edit = Endpoint.make({
  name: "createImageEdit",
  summary: "Create image edit",
  description: "Edits an image by a prompt.",
  method: "POST",
  path: "/images/edits",
  body: Endpoint.multipart(CreateImageEditRequest, { files: ["image", "mask"], maxFileBytes }),
  rules: [rules.prompt, rules.n, rules.size],
  success,
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const vary = Endpoint.make({
  name: "createImageVariation",
  summary: "Create image variation",
  description: "Varies an image.",
  method: "POST",
  path: "/images/variations",
  body: Endpoint.multipart(CreateImageVariationRequest, { files: ["image"], maxFileBytes }),
  rules: [rules.n, rules.size],
  success,
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Images",
  title: "Images",
  description: "Images generated from a prompt, edited or varied.",
  operations: { generate, edit, vary }
})
