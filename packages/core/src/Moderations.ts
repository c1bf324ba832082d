/**
 * Moderations.
 *
 * @since 0.1.0
 */
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { modelId } from "./internal/modelId.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

/**
 * The ID of a moderation model: a documented one, or any other string.
 *
 * @since 0.1.0
 * @category models
 */
export const ModelId = modelId(
  "omni-moderation-latest",
  "omni-moderation-2024-09-26",
  "text-moderation-latest",
  "text-moderation-stable"
)

export type ModelId = Schema.Schema.Type<typeof ModelId>

/**
 * @since 0.1.0
 * @category models
 */
export const ImageInput = Struct.make({
  type: Field.kind("input", "image_url"),
  image_url: Struct.make({
    url: Field.url("The image's URL, or a data URL with the image in base64.")
  }).pipe(described("The image."))
}).annotations({ identifier: "ModerationImageInput", description: "An image to classify." })

export interface ImageInput extends Schema.Schema.Type<typeof ImageInput> {}

/**
 * @since 0.1.0
 * @category models
 */
export const TextInput = Struct.make({
  type: Field.kind("input", "text"),
  text: Field.string("The text to classify.")
}).annotations({ identifier: "ModerationTextInput", description: "A text to classify." })

export interface TextInput extends Schema.Schema.Type<typeof TextInput> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateModerationRequest = Struct.make({
  input: Schema.Union(
    Schema.String,
    Schema.Array(Schema.String),
    Schema.Array(Schema.Union(ImageInput, TextInput))
  ).pipe(
    described("A text, an array of texts with one result each, or an array of texts and images with one result in all.")
  ),
  model: Schema.optional(ModelId.pipe(described("The ID of the model.", { default: "omni-moderation-latest" })))
}).annotations({ identifier: "CreateModerationRequest", description: "Request to classify inputs." })

export interface CreateModerationRequest extends Schema.Schema.Type<typeof CreateModerationRequest> {}

const text = ["text"] as const
const textAndImage = ["text", "image"] as const

/**
 * The types of input that each category applies to.
 *
 * @since 0.1.0
 * @category models
 */
export const inputTypes = {
  "hate": text,
  "hate/threatening": text,
  "harassment": text,
  "harassment/threatening": text,
  "illicit": text,
  "illicit/violent": text,
  "self-harm": textAndImage,
  "self-harm/intent": textAndImage,
  "self-harm/instructions": textAndImage,
  "sexual": textAndImage,
  "sexual/minors": text,
  "violence": textAndImage,
  "violence/graphic": textAndImage
} as const

/**
 * A category of content. Models before `omni-moderation` do not know the categories of `illicit`.
 *
 * @since 0.1.0
 * @category models
 */
export type Category = keyof typeof inputTypes

const byCategory = <A>(of: (category: Category) => Schema.Schema<A>) =>
  Tolerant.struct({}, Record.map(inputTypes, (_, name) => of(name)))

/**
 * @since 0.1.0
 * @category models
 */
export const Moderation = Tolerant.struct({
  flagged: Field.boolean("Whether any category is flagged.")
}, {
  categories: byCategory((category) => Field.boolean(`Whether \`${category}\` is flagged.`)).pipe(
    described("The categories, and whether each is flagged.")
  ),
  category_scores: byCategory((category) => Schema.Number.pipe(described(`The score of \`${category}\`.`))).pipe(
    described("The model's score for each category, from 0 to 1.")
  ),
  category_applied_input_types: byCategory((category) =>
    Schema.Array(Schema.Literal(...inputTypes[category])).pipe(
      described(`The types of input that the score of \`${category}\` applies to.`)
    )
  ).pipe(described("The types of input that each score applies to."))
}).annotations({ identifier: "Moderation", title: "Moderation", description: "The result for an input." })

export interface Moderation extends Schema.Schema.Type<typeof Moderation> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateModerationResponse = Tolerant.struct({
  results: Schema.Array(Moderation).pipe(
    described("One result for each text, or one for an array of texts and images.")
  )
}, {
  id: Field.string("The ID of the response."),
  model: Field.string("The model that classified the inputs.")
}).annotations({ identifier: "CreateModerationResponse", description: "The results for all inputs." })

export interface CreateModerationResponse extends Schema.Schema.Type<typeof CreateModerationResponse> {}

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createModeration",
  summary: "Create moderation",
  description: "Classifies whether texts and images are potentially harmful.",
  method: "POST",
  path: "/moderations",
  body: Endpoint.json(CreateModerationRequest),
  success: Endpoint.json(CreateModerationResponse),
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Moderations",
  title: "Moderations",
  description: "Texts and images classified as potentially harmful or not.",
  operations: { create }
})
