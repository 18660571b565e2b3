import { createApp } from 'vue'
import App from './App.vue'
import './flow.css'

createApp(App).mount('#app')
