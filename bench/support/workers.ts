/** Load is made in threads of their own, so that it does not share the measured event loop. */
import { Worker } from 'node:worker_threads';

export interface LoadWorker<Question, Answer> {
  readonly ask: (question: Question) => Promise<Answer>;
  readonly stop: () => Promise<void>;
}

/** Starts `bench/support/<file>` and exchanges one message at a time with it. */
export function startWorker<Question, Answer>(file: string): LoadWorker<Question, Answer> {
  const worker = new Worker(new URL(file, import.meta.url));
  return {
    ask: (question) =>
      new Promise((resolve, reject) => {
        worker.once('error', reject);
        worker.once('message', (answer: Answer) => {
          worker.off('error', reject);
          resolve(answer);
        });
        // A thread has no origin.
        // oxlint-disable-next-line unicorn/require-post-message-target-origin
        worker.postMessage(question);
      }),
    stop: async () => {
      await worker.terminate();
    },
  };
}
