/**
 * Assistants: models with instructions, tools and files, stored on the server.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Common from "./Common.js"
import * as Endpoint from "./Endpoint.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { Metadata } from "./internal/metadata.js"
import { AssistantId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// tools
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category tools
 */
export const CodeInterpreterTool = Struct.make({
  type: Field.kind("tool", "code_interpreter")
}).annotations({
  identifier: "AssistantToolsCode",
  title: "Code interpreter tool",
  description: "Lets the assistant write and run code."
})

export interface CodeInterpreterTool extends Schema.Schema.Type<typeof CodeInterpreterTool> {}

/**
 * @since 0.1.0
 * @category tools
 */
export const RetrievalTool = Struct.make({
  type: Field.kind("tool", "retrieval")
}).annotations({
  identifier: "AssistantToolsRetrieval",
  title: "Retrieval tool",
  description: "Lets the assistant search the files attached to it."
})

export interface RetrievalTool extends Schema.Schema.Type<typeof RetrievalTool> {}

/**
 * @since 0.1.0
 * @category tools
 */
export const FunctionTool = Struct.make({
  type: Field.kind("tool", "function"),
  function: Common.FunctionObject
}).annotations({
  identifier: "AssistantToolsFunction",
  title: "Function tool",
  description: "Lets the assistant request a function call from the caller."
})

export interface FunctionTool extends Schema.Schema.Type<typeof FunctionTool> {}

/**
 * A tool of an assistant.
 *
 * @since 0.1.0
 * @category tools
 */
export const AssistantTool = Schema.Union(CodeInterpreterTool, RetrievalTool, FunctionTool)

export type AssistantTool = Schema.Schema.Type<typeof AssistantTool>

// -----------------------------------------------------------------------------
// fields
// -----------------------------------------------------------------------------

const model = described("The ID of the model.")

const Name = Schema.NullOr(Schema.String.pipe(Schema.maxLength(256))).pipe(
  described("The assistant's name, at most 256 characters.")
)

const Description = Schema.NullOr(Schema.String.pipe(Schema.maxLength(512))).pipe(
  described("The assistant's description, at most 512 characters.")
)

const Instructions = Schema.NullOr(Schema.String.pipe(Schema.maxLength(256_000))).pipe(
  described("The system instructions that the assistant follows, at most 256,000 characters.")
)

const Tools = Schema.Array(AssistantTool).pipe(
  Schema.maxItems(128),
  described("The tools of the assistant, at most 128.", { default: [] })
)

const FileIds = Schema.Array(Schema.String).pipe(
  Schema.maxItems(20),
  described("The IDs of the files attached to the assistant, ordered by creation time, at most 20.", {
    default: []
  })
)

/**
 * @since 0.1.0
 * @category models
 */
export const ResponseFormat = Struct.make({
  type: Schema.optional(
    Schema.Literal("text", "json_object").pipe(described("`text` or `json_object`.", { default: "text" }))
  )
}).annotations({
  identifier: "AssistantsApiResponseFormat",
  description: "The format of the model's output. `json_object` allows only tools of the type `function`."
})

export interface ResponseFormat extends Schema.Schema.Type<typeof ResponseFormat> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ResponseFormatOption = Schema.Union(Schema.Literal("none", "auto"), ResponseFormat).annotations({
  identifier: "AssistantsApiResponseFormatOption",
  description:
    "The format of the model's output. With `json_object` it is valid JSON; a message must also request JSON. With `auto` " +
    "the model chooses."
})

export type ResponseFormatOption = Schema.Schema.Type<typeof ResponseFormatOption>

const receivedFormat = Schema.NullOr(
  Tolerant.documentedAs(
    Schema.Union(Schema.Literal("none", "auto"), Tolerant.struct({}, ResponseFormat.fields)),
    ResponseFormatOption
  )
)

const responseFormat = described("The format of the model's output: `none`, `auto`, or an object. Default: `auto`.")

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * A {@link FunctionTool} as servers send it.
 *
 * @since 0.1.0
 * @category tools
 */
export const ResponseFunctionTool = Tolerant.struct({
  type: FunctionTool.fields.type,
  function: Tolerant.documentedAs(
    Tolerant.struct({ name: Common.FunctionObject.fields.name }, {
      description: Common.FunctionObject.fields.description,
      parameters: Common.FunctionObject.fields.parameters,
      strict: Common.FunctionObject.fields.strict
    }),
    Common.FunctionObject
  )
}, {})

export interface ResponseFunctionTool extends Schema.Schema.Type<typeof ResponseFunctionTool> {}

const ResponseTools = Schema.Array(
  Tolerant.union("type", CodeInterpreterTool, RetrievalTool, ResponseFunctionTool)
)

/**
 * @since 0.1.0
 * @category models
 */
export const Assistant = Tolerant.struct({
  id: Field.string("The assistant's ID.")
}, {
  object: Field.objectType("assistant"),
  created_at: Field.timestamp("the assistant was created"),
  name: Name,
  description: Description,
  model: Schema.String.pipe(model),
  instructions: Instructions,
  tools: Tolerant.documentedAs(ResponseTools, Tools),
  file_ids: FileIds,
  metadata: Metadata,
  temperature: Schema.optional(Field.temperature),
  top_p: Schema.optional(Field.topP),
  response_format: Schema.optional(
    receivedFormat.pipe(responseFormat)
  )
}).annotations({
  identifier: "AssistantObject",
  title: "Assistant",
  description: "A model with instructions, tools and files."
})

export interface Assistant extends Schema.Schema.Type<typeof Assistant> {}

const settings = {
  name: Schema.optional(Name),
  description: Schema.optional(Description),
  instructions: Schema.optional(Instructions),
  tools: Schema.optional(Tools),
  file_ids: Schema.optional(FileIds),
  metadata: Schema.optional(Metadata),
  temperature: Schema.optional(Field.temperature),
  top_p: Schema.optional(Field.topP),
  response_format: Schema.optional(Schema.NullOr(ResponseFormatOption).pipe(responseFormat))
}

/**
 * Only the model is required.
 *
 * @since 0.1.0
 * @category models
 */
export const CreateAssistantRequest = Struct.make({ model: Common.ModelId.pipe(model), ...settings }).annotations({
  identifier: "CreateAssistantRequest",
  description: "Request to create an assistant."
})

export interface CreateAssistantRequest extends Schema.Schema.Type<typeof CreateAssistantRequest> {}

/**
 * Fields that are left out do not change. `file_ids` replaces the complete list: other files are detached.
 *
 * @since 0.1.0
 * @category models
 */
export const ModifyAssistantRequest = Struct.make({ model: Schema.optional(Common.ModelId.pipe(model)), ...settings })
  .annotations({
    identifier: "ModifyAssistantRequest",
    description: "Request to modify an assistant."
  })

export interface ModifyAssistantRequest extends Schema.Schema.Type<typeof ModifyAssistantRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListAssistantsResponse = Pagination.page(Assistant).annotations({
  identifier: "ListAssistantsResponse",
  description: "A page of assistants."
})

export interface ListAssistantsResponse extends Schema.Schema.Type<typeof ListAssistantsResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteAssistantResponse = Field.deletion("DeleteAssistantResponse", "assistant.deleted", "assistant")

export interface DeleteAssistantResponse extends Schema.Schema.Type<typeof DeleteAssistantResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listAssistants",
  summary: "List assistants",
  description: "Returns a page of assistants.",
  method: "GET",
  path: "/assistants",
  query: Pagination.ListQuery,
  success: Endpoint.json(ListAssistantsResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createAssistant",
  summary: "Create assistant",
  description: "Creates an assistant from a model and its settings.",
  method: "POST",
  path: "/assistants",
  body: Endpoint.json(CreateAssistantRequest),
  success: Endpoint.json(Assistant),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getAssistant",
  summary: "Retrieve assistant",
  description: "Returns an assistant.",
  method: "GET",
  path: "/assistants/{assistant_id}",
  parameters: { assistant_id: AssistantId },
  success: Endpoint.json(Assistant),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const modify = Endpoint.make({
  name: "modifyAssistant",
  summary: "Modify assistant",
  description: "Changes the given fields and returns the assistant.",
  method: "POST",
  path: "/assistants/{assistant_id}",
  parameters: { assistant_id: AssistantId },
  body: Endpoint.json(ModifyAssistantRequest),
  success: Endpoint.json(Assistant),
  family: "assistants",
  replayable: true
})

const delete_ = Endpoint.make({
  name: "deleteAssistant",
  summary: "Delete assistant",
  description: "Deletes an assistant. Does not delete the files that are attached to it.",
  method: "DELETE",
  path: "/assistants/{assistant_id}",
  parameters: { assistant_id: AssistantId },
  success: Endpoint.json(DeleteAssistantResponse),
  family: "assistants"
})

export {
  /**
   * @since 0.1.0
   * @category operations
   */
  delete_ as delete
}

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Assistants",
  title: "Assistants",
  description: "Models with instructions, tools and files.",
  operations: { list, create, retrieve, modify, delete: delete_ }
})
