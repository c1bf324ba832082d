/**
 * Uploads: large files in parts.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import * as Endpoint from "./Endpoint.js"
import { CreateFileRequest, File } from "./Files.js"
import * as FileSource from "./FileSource.js"
import { described } from "./internal/described.js"
import * as Field from "./internal/field.js"
import { UploadId } from "./internal/parameters.js"
import * as Resource from "./Resource.js"
import * as Struct from "./Struct.js"
import * as Tolerant from "./Tolerant.js"

// -----------------------------------------------------------------------------
// limits
// -----------------------------------------------------------------------------

/**
 * The maximum size of an upload in bytes: 8 GB.
 *
 * @since 0.1.0
 * @category limits
 */
export const maxBytes = 8 * 1024 ** 3

/**
 * The maximum size of a part in bytes: 64 MB.
 *
 * @since 0.1.0
 * @category limits
 */
export const maxPartBytes = 64 * 1024 ** 2

// -----------------------------------------------------------------------------
// models
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category models
 */
export const Upload = Tolerant.struct({
  id: Field.string("The upload's ID.")
}, {
  object: Schema.optional(Field.objectType("upload")),
  bytes: Field.integer("The size of the file in bytes."),
  created_at: Field.timestamp("the upload was created"),
  filename: Field.string("The file's name."),
  purpose: Field.string("The purpose of the file."),
  status: Schema.Literal("pending", "completed", "cancelled", "expired").pipe(
    described("The status of the upload. Only a pending upload accepts parts.")
  ),
  expires_at: Field.timestamp("the upload expires, an hour after it was created"),
  file: Schema.optional(
    Schema.NullOr(File).pipe(described("The file, once the upload is completed."))
  )
}).annotations({
  identifier: "Upload",
  title: "Upload",
  description: "A file that is uploaded in parts."
})

export interface Upload extends Schema.Schema.Type<typeof Upload> {}

/**
 * @since 0.1.0
 * @category models
 */
export const UploadPart = Tolerant.struct({
  id: Field.string("The part's ID.")
}, {
  object: Field.objectType("upload.part"),
  created_at: Field.timestamp("the part was created"),
  upload_id: Field.string("The ID of the part's upload.")
}).annotations({
  identifier: "UploadPart",
  title: "UploadPart",
  description: "A part of an upload."
})

export interface UploadPart extends Schema.Schema.Type<typeof UploadPart> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CreateUploadRequest = Struct.make({
  filename: Field.string("The file's name."),
  purpose: CreateFileRequest.fields.purpose,
  bytes: Field.Integer.pipe(
    Schema.between(0, maxBytes),
    described("The size of the file in bytes, at most 8 GB. The parts must have this size in total.")
  ),
  mime_type: Field.string("The media type of the file. It must be one that the purpose supports.")
}).annotations({ identifier: "CreateUploadRequest", description: "Request to create an upload." })

export interface CreateUploadRequest extends Schema.Schema.Type<typeof CreateUploadRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const AddUploadPartRequest = Struct.make({
  data: FileSource.FileSource.pipe(described("The bytes of the part, at most 64 MB."))
}).annotations({ identifier: "AddUploadPartRequest", description: "Request to add a part to an upload." })

export interface AddUploadPartRequest extends Schema.Schema.Type<typeof AddUploadPartRequest> {}

/**
 * @since 0.1.0
 * @category models
 */
export const CompleteUploadRequest = Struct.make({
  part_ids: Schema.Array(Schema.String).pipe(described("The IDs of the parts, in the order of the file.")),
  md5: Schema.optional(Field.string("The MD5 of the file in hexadecimal. Default: it is not checked."))
}).annotations({ identifier: "CompleteUploadRequest", description: "Request to complete an upload." })

export interface CompleteUploadRequest extends Schema.Schema.Type<typeof CompleteUploadRequest> {}

// -----------------------------------------------------------------------------
// operations
// -----------------------------------------------------------------------------

/**
 * @since 0.1.0
 * @category operations
 */
export const create = Endpoint.make({
  name: "createUpload",
  summary: "Create upload",
  description:
    "Creates an upload, to which parts are added. It holds at most 8 GB, and expires after an hour. Once it is " +
    "completed, it is a file like any other.",
  method: "POST",
  path: "/uploads",
  body: Endpoint.json(CreateUploadRequest),
  success: Endpoint.json(Upload)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const addPart = Endpoint.make({
  name: "addUploadPart",
  summary: "Add upload part",
  description:
    "Adds a part of at most 64 MB to an upload. Parts can be added concurrently: their order is stated when the " +
    "upload is completed.",
  method: "POST",
  path: "/uploads/{upload_id}/parts",
  parameters: { upload_id: UploadId },
  body: Endpoint.multipart(AddUploadPartRequest, { files: ["data"], maxFileBytes: maxPartBytes }),
  success: Endpoint.json(UploadPart),
  // Only the parts that completing names are used. A part that is sent twice has no effect.
  replayable: true
})

/**
 * @since 0.1.0
 * @category operations
 */
export const complete = Endpoint.make({
  name: "completeUpload",
  summary: "Complete upload",
  description:
    "Makes a file of the parts of an upload, in the order of `part_ids`. Their total size must be the `bytes` " +
    "of the upload. No part can be added after that.",
  method: "POST",
  path: "/uploads/{upload_id}/complete",
  parameters: { upload_id: UploadId },
  body: Endpoint.json(CompleteUploadRequest),
  success: Endpoint.json(Upload)
})

/**
 * @since 0.1.0
 * @category operations
 */
export const cancel = Endpoint.make({
  name: "cancelUpload",
  summary: "Cancel upload",
  description: "Cancels an upload. No part can be added after that.",
  method: "POST",
  path: "/uploads/{upload_id}/cancel",
  parameters: { upload_id: UploadId },
  success: Endpoint.json(Upload),
  replayable: true
})

/**
 * @since 0.1.0
 * @category resource
 */
export const resource = Resource.make({
  name: "Uploads",
  title: "Uploads",
  description: "Large files in parts.",
  operations: { create, addPart, complete, cancel }
})
