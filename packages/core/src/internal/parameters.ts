import * as Endpoint from "../Endpoint.js"

// The identifiers that paths of several resources share.

export const AssistantId = Endpoint.pathParameter("The ID of the assistant.")

export const BatchId = Endpoint.pathParameter("The ID of the batch.")

export const FileId = Endpoint.pathParameter("The ID of the file.")

export const FineTuningJobId = Endpoint.pathParameter("The ID of the fine-tuning job.")

export const MessageId = Endpoint.pathParameter("The ID of the message.")

export const RunId = Endpoint.pathParameter("The ID of the run.")

export const ThreadId = Endpoint.pathParameter("The ID of the thread.")

export const UploadId = Endpoint.pathParameter("The ID of the upload.")
