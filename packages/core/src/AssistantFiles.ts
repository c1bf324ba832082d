/**
 * Assistant files: the files that are attached to an assistant.
 *
 * @since 0.1.0
 */
import type * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import * as Field from "./internal/field.js"
import { AssistantId, FileId } from "./internal/parameters.js"
import * as Pagination from "./Pagination.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const AssistantFile = Tolerant.struct({
  id: Field.string("The ID of the file.")
}, {
  object: Field.objectType("assistant.file"),
  created_at: Field.timestamp("the file was attached"),
  assistant_id: Field.string("The ID of the assistant that the file is attached to.")
}).annotations({
  identifier: "AssistantFileObject",
  title: "Assistant file",
  description: "A file that is attached to an assistant."
})

export interface AssistantFile extends Schema.Schema.Type<typeof AssistantFile> {}

/**
 * The documentation also requires a field `items`, which servers do not send.
 *
 * @since 0.1.0
 * @category models
 */
export const ListAssistantFilesResponse = Pagination.page(AssistantFile).annotations({
  identifier: "ListAssistantFilesResponse",
  description: "A page of assistant files."
})

export interface ListAssistantFilesResponse extends Schema.Schema.Type<typeof ListAssistantFilesResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateAssistantFileRequest = Struct.make({
  file_id: Field.string("The ID of a file with the purpose `assistants`.")
}).annotations({ identifier: "CreateAssistantFileRequest", description: "Request to attach a file to an assistant." })

export interface CreateAssistantFileRequest extends Schema.Schema.Type<typeof CreateAssistantFileRequest> {}

/**
 * The file itself is not deleted.
 *
 * @since 0.1.0
 * @category models
 */
export const DeleteAssistantFileResponse = Field.deletion(
  "DeleteAssistantFileResponse",
  "assistant.file.deleted",
  "file",
  "detached"
)

export interface DeleteAssistantFileResponse extends Schema.Schema.Type<typeof DeleteAssistantFileResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listAssistantFiles",
  summary: "List assistant files",
  description: "Returns a page of the files that are attached to an assistant.",
  method: "GET",
  path: "/assistants/{assistant_id}/files",
  parameters: { assistant_id: AssistantId },
  query: Pagination.ListQuery,
  success: Endpoint.json(ListAssistantFilesResponse),
  pagination: Endpoint.cursor(),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createAssistantFile",
  summary: "Create assistant file",
  description: "Attaches a file to an assistant.",
  method: "POST",
  path: "/assistants/{assistant_id}/files",
  parameters: { assistant_id: AssistantId },
  body: Endpoint.json(CreateAssistantFileRequest),
  success: Endpoint.json(AssistantFile),
  family: "assistants"
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "getAssistantFile",
  summary: "Retrieve assistant file",
  description: "Returns a file that is attached to an assistant.",
  method: "GET",
  path: "/assistants/{assistant_id}/files/{file_id}",
  parameters: { assistant_id: AssistantId, file_id: FileId },
  success: Endpoint.json(AssistantFile),
  family: "assistants"
})

const delete_ = Endpoint.make({
  name: "deleteAssistantFile",
  summary: "Delete assistant file",
  description: "Detaches a file from an assistant. Does not delete the file.",
  method: "DELETE",
  path: "/assistants/{assistant_id}/files/{file_id}",
  parameters: { assistant_id: AssistantId, file_id: FileId },
  success: Endpoint.json(DeleteAssistantFileResponse),
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
  name: "AssistantFiles",
  title: "Assistant files",
  description: "Files that are attached to an assistant.",
  operations: { list, create, retrieve, delete: delete_ }
})
