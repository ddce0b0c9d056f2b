// SPDX-License-Identifier: Apache-2.0
package org.moe4j.family;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.moe4j.MixtureException;

/** What the message of a refusal must say. */
final class Refusals {

  private Refusals() {}

  static void assertNames(MixtureException failure, String... words) {
    for (String word : words) {
      assertTrue(failure.getMessage().contains(word), failure.getMessage());
    }
  }
}
