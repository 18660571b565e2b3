import { createApp } from 'vue'
import App from './App.vue'
import './me.css'

createApp(App).mount('#app')
