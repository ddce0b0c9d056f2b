// SPDX-License-Identifier: Apache-2.0
package org.moe4j.bench.peers;

import java.nio.file.Path;

/** An engine as a benchmark drives it: random token ids, no sampling but the best token. */
interface Engine {

  /** What it is and which version. */
  String description();

  /**
   * Opens a model.
   *
   * @param file a GGUF file, or what else the engine reads
   * @param room what it has to hold
   */
  void open(Path file, Room room);

  /**
   * What a cache has to hold.
   *
   * @param sequences most sequences at once
   * @param context positions of the longest sequence
   * @param positions positions of all sequences together, at most
   */
  record Room(int sequences, int context, int positions) {}

  /**
   * Reads a prompt into an empty cache, after a part that is not timed.
   *
   * @param tokens tokens that are timed
   * @param depth tokens before them
   * @return seconds
   */
  double read(int tokens, int depth);

  /**
   * Generates with every sequence, each from a prompt of its own that is not timed.
   *
   * @param tokens tokens a sequence
   * @param sequences sequences that go together
   * @param depth tokens of the prompts
   * @return seconds
   */
  double generate(int tokens, int sequences, int depth);
}
