// SPDX-License-Identifier: Apache-2.0
package org.moe4j.schedule;

/** Turns tokens into text as they come. */
public interface TextStream {

  /**
   * The text that a token completes; bytes of an unfinished character are held back.
   *
   * @param id token id
   */
  String add(int id);

  /** What was held back, with U+FFFD for bytes that never became a character. */
  String finish();
}
