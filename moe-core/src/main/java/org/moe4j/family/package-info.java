/**
 * Families of models: each maps the settings and tensor names of its files to one {@link
 * org.moe4j.model.ModelSpec}. Called through {@link org.moe4j.family.Families} alone; computes
 * nothing but rotary frequencies.
 *
 * <p>The files of Hugging Face transformers are the reference: a setting means here what it means
 * there, and what would change the result and is not known is refused by name.
 */
@NullMarked
package org.moe4j.family;

import org.jspecify.annotations.NullMarked;
