// Prompts spoken aloud, for who asked for it, where the browser has a voice.
import { language } from './words'

export const hasVoice = 'speechSynthesis' in window

export function say(text: string): void {
  speechSynthesis.cancel()
  if (!text) return
  const said = new SpeechSynthesisUtterance(text)
  said.lang = language.value === 'zh' ? 'zh-CN' : 'en-GB'
  speechSynthesis.speak(said)
}
