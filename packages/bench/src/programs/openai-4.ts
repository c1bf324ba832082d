import OpenAI from "openai-4"

const openai = new OpenAI()

openai.beta.assistants.retrieve("asst_abc123").then((assistant) => console.log(assistant.name))
