/** What a server's process receives and sends. */

/** The first argument of its process, as JSON. */
export interface ServerOptions {
  /** The file of a store on disk, or the URL of a database. */
  readonly store: string
  /** How long its model takes. */
  readonly model: "immediate" | "slow"
  /** Default: `one`. The name that the texts of its slow model have in them. */
  readonly writer?: string
  /**
   * The process does not notice when it loses its leases. Then either the fence of the store keeps its writes back, or nothing.
   * Default: it notices.
   */
  readonly fence?: "alone" | "none" | undefined
  /** Default: false. */
  readonly isLogged?: boolean
}

/** Sets the wall clock: so many milliseconds after the right time. */
export interface ToServer {
  readonly shift: number
}

/** `words` are the last message of a user that the model replies to. */
export type FromServer =
  | { readonly _tag: "Started"; readonly baseUrl: string }
  | { readonly _tag: "Replying"; readonly words: string }
  | { readonly _tag: "Replied"; readonly words: string }
