import { createApp } from 'vue'
import Film from './Film.vue'
import './film.css'

createApp(Film).mount('#app')
