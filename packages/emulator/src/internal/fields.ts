import type { Body, Change } from "../Profile.js"

/** A JSON object. */
export type Members = Record<string, unknown>

export const isObject = (u: unknown): u is Members => typeof u === "object" && u !== null && !Array.isArray(u)

/** The values at a path, `choices[].message` say. */
export const at = (root: unknown, path: string): ReadonlyArray<unknown> =>
  path.split(".").reduce<ReadonlyArray<unknown>>((values, segment) => {
    const name = segment.replace("[]", "")
    const found = values.flatMap((value) => isObject(value) && name in value ? [value[name]] : [])
    return segment.endsWith("[]") ? found.flatMap((value) => Array.isArray(value) ? value : []) : found
  }, [root])

/** The objects that can hold the field at a path, and its name. */
const ownersOf = (root: unknown, path: string): { readonly owners: ReadonlyArray<Members>; readonly name: string } => {
  const dot = path.lastIndexOf(".")
  const parents = dot === -1 ? [root] : at(root, path.slice(0, dot))
  return { owners: parents.filter(isObject), name: path.slice(dot + 1) }
}

export const has = (root: unknown, path: string): boolean => at(root, path).some((value) => value != null)

export const drop = (root: unknown, path: string): void => {
  const { name, owners } = ownersOf(root, path)
  for (const owner of owners) Reflect.deleteProperty(owner, name)
}

const replace = (root: unknown, path: string, change: (value: unknown) => unknown): void => {
  const { name, owners } = ownersOf(root, path)
  for (const owner of owners) if (name in owner) owner[name] = change(owner[name])
}

/** Removes parts of these types from the content of messages. */
export const removeParts = (request: Members, types: ReadonlyArray<string>): void =>
  replace(request, "messages[].content", (content) =>
    Array.isArray(content)
      ? content.filter((part) => !(isObject(part) && types.some((type) => type === part["type"])))
      : content)

/** The value of JSON, or undefined if the text is not JSON. */
export const parse = (text: string): unknown => {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/** The body with all changes that apply to it. Changes it in place. */
export const edit = (changes: ReadonlyArray<Change>, body: Body, root: unknown, isFirst = false): unknown => {
  let json = root
  for (const change of changes) {
    if (!("in" in change) || change.in !== body) continue
    switch (change.type) {
      case "drop":
        if (change.only === undefined || isFirst) drop(json, change.path)
        break
      case "set": {
        const { name, owners } = ownersOf(json, change.path)
        for (const owner of owners) owner[name] = structuredClone(change.value)
        break
      }
      case "rename": {
        const { name, owners } = ownersOf(json, change.path)
        for (const owner of owners.filter((owner) => name in owner)) {
          owner[change.to] = owner[name]
          Reflect.deleteProperty(owner, name)
        }
        break
      }
      case "finish_reason":
        replace(json, "choices[].finish_reason", (reason) => reason === change.from ? change.to : reason)
        break
      case "convert":
        replace(json, change.path, (value) =>
          change.to === "object"
            ? (typeof value === "string" ? parse(value) ?? value : value)
            : typeof value === "string"
            ? [...(change.before ?? []), { type: "text", text: value }]
            : value)
        break
      case "unwrap":
        json = at(json, change.path)[0] ?? json
        break
    }
  }
  return json
}
