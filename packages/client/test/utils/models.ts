export const assistant = (id = "asst_1") => ({
  id,
  object: "assistant" as const,
  created_at: 1_699_009_709,
  name: null,
  description: null,
  model: "gpt-4-turbo",
  instructions: null,
  tools: [],
  file_ids: [],
  metadata: {}
})

export const file = (id = "file-1") => ({
  id,
  object: "file" as const,
  bytes: 3,
  created_at: 1_699_009_709,
  filename: "notes.txt",
  purpose: "assistants" as const
})

export const deleted = (id = "asst_1") => ({ id, object: "assistant.deleted" as const, deleted: true })

/** A page of a list. The given fields take precedence over those that follow from the items. */
export const page = (ids: ReadonlyArray<string>, fields: object = {}) => ({
  object: "list" as const,
  data: ids.map(assistant),
  first_id: ids[0] ?? null,
  last_id: ids[ids.length - 1] ?? null,
  has_more: false,
  ...fields
})
