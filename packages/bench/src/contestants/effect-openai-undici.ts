import * as UndiciHttpClient from "@effect-openai/client/UndiciHttpClient"
// The transport imports it when its layer is built. All contestants import their transport before they are measured.
import "undici"
import { compete } from "../contestant.js"
import { ours } from "./effect-openai.js"

compete(ours(UndiciHttpClient.layer))
