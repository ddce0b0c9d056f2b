// SPDX-License-Identifier: Apache-2.0
package org.moe4j;

/** Why an answer ended. */
public enum FinishReason {
  /** The model produced one of its end-of-generation tokens. */
  END,
  /** A stop string of the request appeared; the text ends before it. */
  STOP,
  /** The answer has as many tokens as the request allows. */
  MAX_TOKENS,
  /** Prompt and answer fill the context. */
  CONTEXT,
  /** The caller cancelled or was interrupted. */
  CANCELLED,
  /** The request's deadline passed. */
  DEADLINE
}
