/**
 * Text to token ids and back: byte-level BPE, SentencePiece-style BPE and unigram models, read from
 * {@code tokenizer.json} or from GGUF metadata. The engine opens a {@link
 * org.moe4j.tokenizer.ModelTokenizer} through {@link org.moe4j.tokenizer.Tokenizers}; nothing here
 * knows of models, devices or templates.
 */
@NullMarked
package org.moe4j.tokenizer;

import org.jspecify.annotations.NullMarked;
