// SPDX-License-Identifier: Apache-2.0
package org.moe4j.template;

/**
 * The absent value: JSON's null, printed as {@code None}. Inside the interpreter no value is a Java
 * null.
 */
enum None {
  NONE
}
