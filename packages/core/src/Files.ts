/**
 * Files: documents for assistants, fine-tuning, batches and vision.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import * as FileSource from "./FileSource.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { FileId } from "./internal/parameters.js"
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
export const File = Tolerant.struct({
  id: Field.string("The file's ID.")
}, {
  object: Field.objectType("file"),
  bytes: Field.integer("The file's size in bytes."),
  created_at: Field.timestamp("the file was created"),
  filename: Field.string("The file's name."),
  purpose: Schema.Literal(
    "assistants",
    "assistants_output",
    "batch",
    "batch_output",
    "fine-tune",
    "fine-tune-results",
    "vision"
  ).pipe(described("The purpose of the file.")),
  status: Schema.Literal("uploaded", "processed", "error").pipe(
    described("Deprecated. The processing status of the file.", { deprecated: true })
  ),
  status_details: Schema.optional(
    Field.text("").pipe(
      described("Deprecated. Why a file for fine-tuning was rejected.", { deprecated: true })
    )
  )
}).annotations({
  identifier: "OpenAIFile",
  title: "File",
  description: "A file that was uploaded, or that the API created."
})

export interface File extends Schema.Schema.Type<typeof File> {}

/**
 * The query of `list`. Unlike the lists of Assistants v1, it has no `before`, and a page has up to 10,000 files.
 *
 * @since 0.1.0
 * @category models
 */
export const ListFilesQuery = Struct.make({
  purpose: Schema.optional(Field.string("Only files with this purpose.")),
  limit: Schema.optional(Pagination.limit({ maximum: 10_000, default: 10_000 })),
  order: Schema.optional(Pagination.Order),
  after: Schema.optional(Pagination.After)
})

export interface ListFilesQuery extends Schema.Schema.Type<typeof ListFilesQuery> {}

/**
 * @since 0.1.0
 * @category models
 */
export const ListFilesResponse = Pagination.page(File).annotations({
  identifier: "ListFilesResponse",
  description: "A page of files."
})

export interface ListFilesResponse extends Schema.Schema.Type<typeof ListFilesResponse> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateFileRequest = Struct.make({
  file: FileSource.FileSource.pipe(described("The file to upload.")),
  purpose: Schema.Literal("assistants", "batch", "fine-tune", "vision").pipe(
    described("The purpose of the file. `batch` and `fine-tune` accept only `.jsonl` files.")
  )
}).annotations({ identifier: "CreateFileRequest", description: "Request to upload a file." })

export interface CreateFileRequest extends Schema.Schema.Type<typeof CreateFileRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const DeleteFileResponse = Field.deletion("DeleteFileResponse", "file", "file")

export interface DeleteFileResponse extends Schema.Schema.Type<typeof DeleteFileResponse> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const list = Endpoint.make({
  name: "listFiles",
  summary: "List files",
  description: "Returns a page of the organization's files.",
  method: "GET",
  path: "/files",
  query: ListFilesQuery,
  success: Endpoint.json(ListFilesResponse),
  pagination: Endpoint.cursor()
})

/**
 * @since 0.1.0
 * @category operations
 */
export const upload = Endpoint.make({
  name: "createFile",
  summary: "Upload file",
  description: "Uploads a file of at most 512 MB; the limit for all files of an organization is 100 GB. Files for " +
    "assistants have at most 2 million tokens. Files for batches (at most 200 MB) and for fine-tuning are `.jsonl`.",
  method: "POST",
  path: "/files",
  body: Endpoint.multipart(CreateFileRequest, { files: ["file"], maxFileBytes: 512 * 1024 * 1024 }),
  success: Endpoint.json(File)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const retrieve = Endpoint.make({
  name: "retrieveFile",
  summary: "Retrieve file",
  description: "Returns a file's name, size and purpose.",
  method: "GET",
  path: "/files/{file_id}",
  parameters: { file_id: FileId },
  success: Endpoint.json(File)
})

const delete_ = Endpoint.make({
  name: "deleteFile",
  summary: "Delete file",
  description: "Deletes a file.",
  method: "DELETE",
  path: "/files/{file_id}",
  parameters: { file_id: FileId },
  success: Endpoint.json(DeleteFileResponse)
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
 * @category operations
 */
export const content = Endpoint.make({
  name: "downloadFile",
  summary: "Retrieve file content",
  description: "Returns the bytes of a file.",
  method: "GET",
  path: "/files/{file_id}/content",
  parameters: { file_id: FileId },
  success: Endpoint.bytes("The file's bytes.")
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Files",
  title: "Files",
  description: "Documents for assistants, fine-tuning, batches and vision.",
  operations: { list, upload, retrieve, delete: delete_, content }
})
